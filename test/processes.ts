import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { type LoggedAsking, readAskingLog } from '../bench/generate/asking-log.ts';
import { anyPort } from '../workers/embedded/ports.ts';
import { dataWorker } from '../workers/embedded/services.ts';
import type { ProcessSpec } from '../workers/embedded/supervised-process.ts';
import { answers, devServer } from '../workers/embedded/temporal-server.ts';
import type { LoggedRequest } from '../workers/offline-teacher/request-log.ts';
import type { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { type Network, ONE_MACHINE } from './hosts/network.ts';

/**
 * The real processes, each killable by itself: a Temporal server that keeps its state in a file, an
 * offline teacher that logs what it answers, and workers. Everything lives in one temporary folder.
 */
export interface Processes {
  readonly folder: string;
  readonly client: Client;
  readonly address: string;
  /** where the web service listens, once it is started */
  readonly webUrl: string;
  start(name: ProcessName): Promise<void>;
  /** the process id; undefined where it does not run */
  pid(name: ProcessName): number | undefined;
  /** SIGKILL, and waits until it is gone */
  kill(name: ProcessName): Promise<void>;
  /** SIGTERM, and waits until it has ended in order; gives its exit code */
  terminate(name: ProcessName): Promise<number | null>;
  /** what the teacher answered so far, one record a request */
  teacherLog(): Promise<LoggedRequest[]>;
  /** what arrived at the endpoint so far, one record an asking */
  endpointLog(): Promise<LoggedAsking[]>;
  stop(): Promise<void>;
}

export type ProcessName =
  | 'temporal'
  | 'teacher'
  | 'endpoint'
  | 'data-worker'
  | `data-worker-${2 | 3}`
  | 'gpu-worker'
  | 'gpu-worker-2'
  | 'web';

export interface ProcessesOptions {
  /** each process has a host of it, by its name; without one all are on this machine */
  network?: Network;
  /** of the namespace; by default all that runs have */
  searchAttributes?: readonly (typeof SEARCH_ATTRIBUTES)[number][];
  /** variables of the workers */
  env?: NodeJS.ProcessEnv;
  /** where the server tells its metrics */
  metricsPort?: number;
  /** further flags of the offline teacher */
  teacher?: string[];
  /** flags of the benchmark's endpoint, which then runs in the offline teacher's place: the profile `endpoint` */
  endpoint?: string[];
  /** askings that the worker has in flight at the endpoint at the most */
  endpointConcurrency?: number;
  /** the store of another environment, to run over its ledger */
  store?: string;
  /** teacher profiles of a file, given the offline teacher's URL */
  profiles?: (url: string) => object;
}

export async function startProcesses(options: ProcessesOptions = {}): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-processes-'));
  const [port, uiPort, teacherPort] = [await anyPort(), await anyPort(), await anyPort()];
  const webPort = await anyPort();
  const { network = ONE_MACHINE } = options;
  const { address: ip } = await network.host('temporal');
  const { address: teacherIp } = await network.host('teacher');
  const address = `${ip}:${port}`;
  const teacherUrl = `http://${teacherIp}:${teacherPort}/v1`;
  const running = new Map<ProcessName, ChildProcess>();
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    // What a killed process had in hand is missed after eight seconds, not 40.
    ALPACA_HEARTBEAT_SECONDS: '2',
    ...options.env,
    TEMPORAL_ADDRESS: address,
    ALPACA_STORE: options.store ?? join(folder, 'store'),
    ALPACA_OFFLINE_TEACHER_URL: teacherUrl,
    ...(options.endpoint
      ? { ALPACA_TEACHERS: await writeEndpointProfile(folder, teacherPort, options) }
      : {}),
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
  if (options.profiles) {
    environment.ALPACA_TEACHERS = join(folder, 'teachers.json');
    const profiles = options.profiles(teacherUrl);
    await writeFile(environment.ALPACA_TEACHERS, JSON.stringify(profiles));
  }
  const server = devServer({
    cli: process.env.ALPACA_TEMPORAL_CLI ?? 'temporal',
    // Its own services meet on loopback, and not on an address of the network.
    ip: ip === '127.0.0.1' ? ip : '0.0.0.0',
    port,
    uiPort,
    databaseFile: join(folder, 'temporal.db'),
    env: environment,
    ...(options.metricsPort === undefined ? {} : { metricsPort: options.metricsPort }),
    ...(options.searchAttributes === undefined ? {} : { searchAttributes: options.searchAttributes }),
  });
  const endpointLog = join(folder, 'askings.log');
  const worker = dataWorker({ stateFolder: folder, env: environment });
  const specs: Record<ProcessName, Omit<ProcessSpec, 'name'>> = {
    temporal: server,
    teacher: node('workers/offline-teacher/main.ts', environment, [
      ...['--host', teacherIp, '--port', String(teacherPort)],
      '--log',
      join(folder, 'teacher.jsonl'),
      ...(options.teacher ?? []),
    ]),
    endpoint: node('bench/generate/endpoint.ts', environment, [
      ...['--port', String(teacherPort), '--log', endpointLog],
      ...(options.endpoint ?? []),
    ]),
    'data-worker': worker,
    'data-worker-2': worker,
    'data-worker-3': worker,
    'gpu-worker': node('workers/gpu-worker.ts', environment),
    'gpu-worker-2': node('workers/gpu-worker.ts', environment),
    web: node('workers/web/main.ts', environment, ['--port', String(webPort)]),
  };

  const start = async (name: ProcessName): Promise<void> => {
    const { command, args, env } = specs[name];
    const child = (await network.host(name)).start(command, args, env);
    running.set(name, child);
    const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
    child.stderr?.pipe(log);
    child.stdout?.pipe(log);
    if (name === 'temporal') await untilListening(child, address);
    else await untilReadyLine(name, child);
  };
  const terminate = async (name: ProcessName): Promise<number | null> => {
    const child = running.get(name);
    assert.ok(child, `${name} does not run`);
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const code = await exited;
    running.delete(name);
    return code;
  };
  const kill = async (name: ProcessName): Promise<void> => {
    const child = running.get(name);
    if (!child?.pid || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await exited;
    running.delete(name);
  };

  const stop = async (): Promise<void> => {
    for (const name of [...running.keys()]) await kill(name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start('temporal');
    await start(options.endpoint ? 'endpoint' : 'teacher');
  } catch (error) {
    // Nobody else can end them: whoever asked has no handle.
    await stop();
    throw error;
  }
  const connection = await Connection.connect({ address });
  const processes: Processes = {
    folder,
    client: new Client({ connection }),
    address,
    webUrl: `http://127.0.0.1:${webPort}`,
    start,
    pid: (name) => running.get(name)?.pid,
    kill,
    terminate,
    async teacherLog() {
      const text = await readFile(join(folder, 'teacher.jsonl'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LoggedRequest);
    },
    endpointLog: () => readAskingLog(endpointLog),
    async stop() {
      unwatch();
      await connection.close();
      await stop();
    },
  };
  const unwatch = stopOnSignal(processes);
  return processes;
}

/** An interrupted test or benchmark leaves no process behind. Returns what takes the handlers off again. */
function stopOnSignal(processes: Processes): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = () => void processes.stop().finally(() => process.exit(1));
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** The teacher profile by which workers know the endpoint: its ledger keys come with every asking. */
async function writeEndpointProfile(
  folder: string,
  port: number,
  { endpointConcurrency }: ProcessesOptions,
): Promise<string> {
  const path = join(folder, 'teachers.json');
  const endpoint = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    model: 'endpoint',
    style: 'completions',
    price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
    idempotencyHeader: 'Idempotency-Key',
    supportsPromptList: false,
    concurrency: endpointConcurrency ?? null,
  };
  await writeFile(path, JSON.stringify({ endpoint }));
  return path;
}

function node(file: string, env: NodeJS.ProcessEnv, args: string[] = []): Omit<ProcessSpec, 'name'> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return { command: process.execPath, args: ['--disable-warning=ExperimentalWarning', path, ...args], env };
}

async function untilReadyLine(name: string, child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} was not ready after 180 s`)), 180_000);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready`)));
    assert.ok(child.stdout);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      clearTimeout(late);
      resolve();
    });
  });
}

async function untilListening(child: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await answers({ address }, 'default'))) {
    if (child.exitCode !== null) throw new Error(`the Temporal server ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('the Temporal server did not answer within 60 s');
    await sleep(100);
  }
}
