import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { quantile } from 'simple-statistics';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { type Processes, startProcesses } from '../../test/processes.ts';
import { webService } from '../../workers/embedded/services.ts';
import { createToken } from '../../workers/runs/access/tokens.ts';

const STARTS_A_SECOND = 20;
const SECONDS = 30;
const FOLLOWERS = 500;
const FOLLOWED_SECONDS = 20;
const IDENTICAL = 1000;

/**
 * The HTTP API beside an environment that is idle: how soon a start is answered at twenty a second, on a queue that
 * nobody polls, so that what is started takes no processor; what 500 followers of one run cost the service and the run;
 * and how many runs a thousand identical starts give, sent at once to two services.
 */
export async function benchHttp(): Promise<Record<string, unknown>> {
  const processes = await startProcesses();
  const services: WebProcess[] = [];
  try {
    await processes.start('data-worker');
    await processes.start('gpu-worker');
    const store = createLocalStore({ root: join(processes.folder, 'store') });
    const about = { name: 'bench', role: 'run', usdPerDay: 0, expiresAt: null } as const;
    const { token } = await createToken(store, about);
    for (const queue of ['nobody-polls-it', 'alpaca']) services.push(await startWeb(processes, queue, token));
    const [idle, working] = services;
    if (!idle || !working) throw new Error('there are two services');
    return {
      cores: availableParallelism(),
      starts: await measureStarts(idle),
      identical: await measureIdentical(processes, idle, working),
      followers: await measureFollowers(processes, working),
    };
  } finally {
    for (const { child } of services) child.kill();
    await processes.stop();
  }
}

interface WebProcess {
  child: ChildProcess;
  url: string;
  headers: Record<string, string>;
}

async function startWeb({ address, folder }: Processes, queue: string, token: string): Promise<WebProcess> {
  const places = { TEMPORAL_ADDRESS: address, ALPACA_STORE: join(folder, 'store'), ALPACA_TASK_QUEUE: queue };
  const spec = webService({ stateFolder: folder, env: { ...process.env, ...places } }, 0);
  const child = spawn(spec.command, spec.args, { env: spec.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url } = JSON.parse(String(line)) as { url: string };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return { child, url: `${url}/api/v1`, headers };
}

async function start({ url, headers }: WebProcess, workflow: string, input: object, key: string) {
  const response = await fetch(`${url}/workflows/${workflow}/runs`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': key },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as { workflowId: string };
  if (response.status !== 201) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

async function measureStarts(service: WebProcess): Promise<Record<string, unknown>> {
  const milliseconds: number[] = [];
  const failures: string[] = [];
  const asked: Promise<unknown>[] = [];
  // The first call opens the connection to the server.
  await start(service, 'sample', {}, 'first');
  const begun = performance.now();
  for (let number = 0; number < STARTS_A_SECOND * SECONDS; number += 1) {
    await sleep(Math.max(0, begun + (number * 1000) / STARTS_A_SECOND - performance.now()));
    const at = performance.now();
    const answer = start(service, 'alpaca', { runSeed: number }, `start-${number}`);
    asked.push(
      answer.then(
        () => milliseconds.push(performance.now() - at),
        (error: unknown) => failures.push(String(error)),
      ),
    );
  }
  await Promise.all(asked);
  return {
    asked: asked.length,
    failures: failures.length,
    ...(failures[0] === undefined ? {} : { firstFailure: failures[0] }),
    aSecond: STARTS_A_SECOND,
    medianMs: Math.round(quantile(milliseconds, 0.5)),
    p95Ms: Math.round(quantile(milliseconds, 0.95)),
    p95AtMostMs: 150,
    worstMs: Math.round(Math.max(...milliseconds)),
  };
}

async function measureIdentical(
  { client }: Processes,
  ...services: WebProcess[]
): Promise<Record<string, unknown>> {
  const begun = performance.now();
  const answers = await Promise.all(
    Array.from({ length: IDENTICAL }, (_, number) => {
      const service = services[number % services.length];
      if (!service) throw new Error('no service');
      return start(service, 'sample', {}, 'the-same');
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const ids = new Set(answers.map((answer) => JSON.stringify(answer)));
  const { count } = await client.workflow.count(`WorkflowId = "${answers[0]?.workflowId}"`);
  return { asked: answers.length, seconds: Number(seconds.toFixed(1)), answers: ids.size, runs: count };
}

async function measureFollowers(
  { client }: Processes,
  service: WebProcess,
): Promise<Record<string, unknown>> {
  const { workflowId } = await start(service, 'alpaca', { generate: { target: 20 } }, 'followed');
  const handle = client.workflow.getHandle(workflowId);
  await handle.executeUpdate('pause');
  const before = await atRest(handle);
  const ending = new AbortController();
  const url = `${service.url}/runs/${workflowId}/events`;
  let events = 0;
  const followers = await Promise.all(
    Array.from({ length: FOLLOWERS }, async () => {
      const { body } = await fetch(url, { headers: service.headers, signal: ending.signal });
      if (body === null) throw new Error('no events');
      return body;
    }),
  );
  const reading = followers.map(async (body) => {
    for await (const part of body.pipeThrough(new TextDecoderStream()))
      events += part.match(/^id: /gm)?.length ?? 0;
  });
  await sleep(FOLLOWED_SECONDS * 1000);
  const { residentMiB, peakMiB } = await memoryOf(service.child.pid ?? 0);
  const after = await handle.describe();
  ending.abort();
  await Promise.allSettled(reading);
  return {
    followers: FOLLOWERS,
    seconds: FOLLOWED_SECONDS,
    ...{ events, residentMiB, peakMiB, atMostMiB: 200 },
    historyEventsAdded: after.historyLength - before.historyLength,
  };
}

/** Once nothing has come to its history for five seconds. */
async function atRest(handle: WorkflowHandle): Promise<WorkflowExecutionDescription> {
  for (let before = await handle.describe(); ; ) {
    await sleep(5000);
    const now = await handle.describe();
    if (now.historyLength === before.historyLength) return now;
    before = now;
  }
}

async function memoryOf(pid: number): Promise<{ residentMiB: number; peakMiB: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024);
  return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}
