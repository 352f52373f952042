import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { anyPort } from '../../workers/embedded/ports.ts';
import { until } from '../chaos/in-flight.ts';
import { type Podman, startPodman } from './podman.ts';
import { copyProject, type ProjectCopy } from './project.ts';
import { fillContext, STAND_INS } from './stand-ins.ts';

/** Beside a fleet of the person's own, whose project is `alpaca`. */
const PROJECT = 'alpaca-shown';
const PORTS = ['TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'WEB_PORT', 'PROMETHEUS_PORT'] as const;
const MINUTES = 15;

/** The services of docker-compose.yml in containers of stand-ins. */
export interface ComposedFleet {
  podman: Podman;
  project: ProjectCopy;
  ports: Readonly<Record<(typeof PORTS)[number], number>>;
  /** the texts that are in the files of secrets, and nowhere else */
  secrets: readonly string[];
  /** the name of a service's container */
  container(service: string): string;
  /** every health check passes, within a quarter of an hour */
  healthy(): Promise<void>;
  /** what the CLI in the tools' container answers */
  temporal(...command: string[]): Promise<string>;
  start(workflowId: string, input: object): Promise<void>;
  progress(workflowId: string): Promise<{ accepted: number; trained: number }>;
  /** SIGKILL to the program itself, as the kernel's OOM killer sends it: `podman kill` would count as a stop */
  kill(service: string): Promise<void>;
  /** removes containers, networks and volumes */
  end(): Promise<void>;
}

/** Makes the stand-ins, builds the image of Dockerfile and brings the services up; says how long each took. */
export async function startComposedFleet(): Promise<ComposedFleet> {
  const scratch = await mkdtemp(join(tmpdir(), 'alpaca-containers-'));
  const ports = {
    TEMPORAL_PORT: await anyPort(),
    TEMPORAL_UI_PORT: await anyPort(),
    WEB_PORT: await anyPort(),
    PROMETHEUS_PORT: await anyPort(),
  };
  const folder = join(scratch, 'project');
  await mkdir(folder);
  const project = await copyProject(folder, {
    COMPOSE_PROFILES: 'cpu,prometheus',
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
  });
  const podman = await startPodman(PROJECT, folder, scratch);
  await timed('programs of the stand-ins', () => makeStandIns(podman, join(scratch, 'context')));
  await timed('the image of Dockerfile', () => podman.compose('build'));
  await podman.compose('down', '--volumes').catch(() => {});
  await timed('up', () => podman.compose('up', '--detach'));
  return composedFleet({ podman, project, ports, scratch });
}

async function makeStandIns(podman: Podman, context: string): Promise<void> {
  const debian = await fillContext(context);
  await podman.run('import', debian, 'stand-in/debian');
  for (const [image, { target }] of Object.entries(STAND_INS))
    await timed(image, () =>
      podman.run('build', '--network', 'host', '--target', target, '--tag', image, context),
    );
  await rm(context, { recursive: true });
}

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const begun = Date.now();
  const result = await work();
  console.error(`${what}: ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  return result;
}

const progressOf = z.looseObject({
  accepted: z.int(),
  stages: z.array(z.looseObject({ name: z.string(), done: z.number() })),
});
const queried = z.looseObject({ queryResult: z.array(progressOf).min(1) });

type Parts = Pick<ComposedFleet, 'podman' | 'project' | 'ports'> & { scratch: string };

async function composedFleet({ podman, project, ports, scratch }: Parts): Promise<ComposedFleet> {
  const container = (service: string) => `${PROJECT}_${service}_1`;
  const temporal = (...command: string[]) => podman.exec('tools', 'temporal', ...command);
  return {
    ...{ podman, project, ports, container, temporal },
    secrets: await secretsIn(join(project.folder, 'deploy', 'secrets')),
    async healthy() {
      for (const service of project.checked)
        await until(() => podman.isHealthy(service), MINUTES).catch(async (error) => {
          console.error(await podman.run('logs', '--tail', '20', container(service)).catch(String));
          throw new Error(`${service} is not healthy`, { cause: error });
        });
    },
    async start(workflowId, input) {
      await temporal(
        ...['workflow', 'start', '--task-queue', 'alpaca', '--type', 'alpaca'],
        ...['--workflow-id', workflowId, '--input', JSON.stringify(input)],
      );
    },
    async progress(workflowId) {
      const query = [
        'workflow',
        'query',
        '--workflow-id',
        workflowId,
        '--type',
        'progress',
        '--output',
        'json',
      ];
      const [found] = queried.parse(JSON.parse(await temporal(...query))).queryResult;
      const trained = found?.stages.find(({ name }) => name === 'train')?.done ?? 0;
      return { accepted: found?.accepted ?? 0, trained };
    },
    async kill(service) {
      const listed = await podman.run('top', container(service), 'hpid', 'ppid', 'args');
      const processes = listed.trim().split('\n').slice(1);
      const program = processes.find((line) => !/init\b/.test(line.trim().split(/\s+/)[2] ?? ''));
      const pid = Number.parseInt(program ?? '', 10);
      if (!(pid > 1)) throw new Error(`no process in ${service}: ${listed}`);
      process.kill(pid, 'SIGKILL');
    },
    async end() {
      await podman.compose('down', '--volumes', '--timeout', '10');
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function secretsIn(folder: string): Promise<string[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts.flatMap((text) => text.match(/[0-9a-f]{48}/g) ?? []);
}
