import { readdir, rm, writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { RatingView, Vote } from '../../workflows/contracts/rating.ts';
import { eventually, type StartWorkflow, startHarness } from '../workflow/harness.ts';
import { answered, freeEstimate, type Script } from '../workflow/scripted-activities.ts';

/**
 * `npm run histories`: makes all histories anew that replay.test.ts replays. Each workflow runs in each of its
 * shapes against a server, with activities that give what a contract says and do nothing: what a workflow asks
 * for, and in which order, is what a history holds. A file is the protobuf message
 * temporal.api.history.v1.History as the server sent it.
 */
const FOLDER = new URL('./histories/', import.meta.url);

const harness = await startHarness();
const { workflow: client } = harness.environment.client;
const recorded = new Map<string, Uint8Array>();

try {
  await harness.withWorker({}, recordSteps);
  await harness.withWorker(
    {
      estimateGeneration: async () => ({ ...freeEstimate, batch: { requestsPerJob: 4, pollSeconds: 0.05 } }),
    },
    async (start) => keepResult('generate-batches', await start('generate', { target: 60 })),
  );
  const { script, goOn } = heldRequests();
  await harness.withWorker(script, (start) => recordRun(start, goOn));
  await harness.withWorker({}, recordComparison);
  await harness.withWorker({}, recordContinuedRater);
  await harness.withWorker({}, recordLimiter);
} finally {
  await harness.close();
}
await writeAll();

/** Every step by itself. */
async function recordSteps(start: StartWorkflow): Promise<void> {
  for (const [name, workflow, input] of [
    ['sample', 'sample', {}],
    ['generate', 'generate', { target: 60 }],
    ['dedupe', 'dedupe', {}],
    ['dedupe-partitions', 'dedupe', { partitions: 2 }],
    ['tokenize', 'tokenize', {}],
    ['train', 'train', {}],
    ['train-rounds', 'train', { workers: 2, roundSteps: 10 }],
    ['evaluate', 'evaluate', {}],
    ['release', 'release', {}],
  ] as const)
    await keepResult(name, await start(workflow, input));
}

/** Requests that are answered once a person has changed something. */
function heldRequests(): { script: Partial<Script>; goOn: () => void } {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const answerRequest: Script['answerRequest'] = async ({ request }) => {
    await held;
    return answered(request);
  };
  return { script: { answerRequest }, goOn };
}

/** A whole run and its children, told to pause, to go on and to spend more. */
async function recordRun(start: StartWorkflow, goOn: () => void): Promise<void> {
  const run = await start('alpaca', { budgetUsd: 5, generate: { target: 60, concurrency: 2, roundSize: 2 } });
  const child = (name: string) => client.getHandle(`${run.workflowId}/${name}`);
  const started = () =>
    child('generate')
      .describe()
      .catch(() => null);
  await eventually(started, (description) => description !== null);
  await run.executeUpdate('pause');
  await run.executeUpdate('resume');
  await run.executeUpdate('setBudget', { args: [6] });
  goOn();
  await keepResult('alpaca', run);
  for (const name of ['generate', 'train', 'evaluate']) await keep(`${name}-child`, child(name));
}

/** Two raters of a comparison, of whom one hands in and the other is closed. */
async function recordComparison(start: StartWorkflow): Promise<void> {
  const deadline = new Date(Date.now() + 3600_000).toISOString();
  const comparison = await start('rate', { raters: 2, deadline });
  const { seats } = await eventually(
    () => comparison.query<RatingView>('rating'),
    ({ state }) => state === 'open',
  );
  const [first, second] = seats.map(({ key }) => client.getHandle(`${comparison.workflowId}/${key}`));
  if (!first || !second) throw new RangeError('there are not two raters');
  await comparison.executeUpdate('join', { args: [{ name: 'Ada' }] });
  for (const item of [0, 1, 2]) await first.executeUpdate('vote', { args: [[vote(item)]] });
  await first.executeUpdate('finish');
  await second.executeUpdate('vote', { args: [[vote(0)]] });
  await comparison.executeUpdate('close');
  await keepResult('rate', comparison);
  await keep('rater', first);
  await keep('rater-closed', second);
}

/** The second run of a rater that continues as new after every two votes. */
async function recordContinuedRater(start: StartWorkflow): Promise<void> {
  const rater = await start('rater', { assigned: 5, updatesPerRun: 2 });
  const runs = new Set<string>();
  const continued = async (count: number) =>
    eventually(
      async () => runs.add((await rater.describe()).runId).size,
      (found) => found === count,
    );
  await continued(1);
  for (const item of [0, 1]) await rater.executeUpdate('vote', { args: [[vote(item)]] });
  await continued(2);
  for (const item of [2, 3]) await rater.executeUpdate('vote', { args: [[vote(item)]] });
  await continued(3);
  const [, second] = runs;
  await keep('rater-continued', client.getHandle(rater.workflowId, second));
  await rater.terminate();
}

/** A limiter with limits that a person set: it would end after a day. */
async function recordLimiter(start: StartWorkflow): Promise<void> {
  const limiter = await start('rateLimit', { profile: 'openai', windowSeconds: 1 });
  await limiter.executeUpdate('setLimits', { args: [{ requests: 10 }] });
  await keep('rateLimit', limiter);
  await limiter.terminate();
}

function vote(item: number): Vote {
  return { item, revision: 1, choice: 'first' };
}

async function keepResult(name: string, handle: WorkflowHandle): Promise<void> {
  await handle.result();
  await keep(name, handle);
}

async function keep(name: string, handle: WorkflowHandle): Promise<void> {
  recorded.set(name, proto.temporal.api.history.v1.History.encode(await handle.fetchHistory()).finish());
}

async function writeAll(): Promise<void> {
  for (const name of await readdir(FOLDER)) await rm(new URL(name, FOLDER));
  for (const [name, bytes] of recorded) await writeFile(new URL(`${name}.pb`, FOLDER), bytes);
  console.log(`${recorded.size} histories: ${[...recorded.keys()].join(', ')}`);
}
