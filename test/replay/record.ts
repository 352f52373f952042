import { readdir, rm, writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { type LeaseCall, NO_LIMITS } from '../../workflows/contracts/fleet/rate-limit.ts';
import { stageName } from '../../workflows/contracts/pipeline.ts';
import type { Progress } from '../../workflows/contracts/progress.ts';
import type { RatingView, Vote } from '../../workflows/contracts/rate.ts';
import { eventually, type StartWorkflow, startHarness } from '../workflow/harness.ts';
import {
  answered,
  embeddingPass,
  freeEstimate,
  paidEstimate,
  paying,
  type Script,
  scripted,
} from '../workflow/scripted-activities.ts';

/**
 * `npm run histories`: makes all histories anew that replay.test.ts replays. Each workflow runs in each of its
 * shapes against a server, with activities that give what a contract says and do nothing: what a workflow asks
 * for, and in which order, is what a history holds. A file is the protobuf message
 * temporal.api.history.v1.History as the server sent it.
 */
const FOLDER = new URL('./histories/', import.meta.url);

const harness = await startHarness();
const { workflow: client } = harness.environment.client;
/** The history of a run is long for a server of this setting, which asks it to continue as new. */
const SHORT_HISTORIES = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40'];
const recorded = new Map<string, Uint8Array>();
/** The input of a run that a webhook hears of. */
const TOLD = { generate: { target: 60 }, notify: [{ url: 'https://hooks.example.com/' }] };

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
  await recordNotifications();
  await recordWaits();
  await recordPausedRun();
} finally {
  await harness.close();
}
await recordContinuedRuns();
await writeAll();

/** Every step by itself, and in its other shapes. */
async function recordSteps(start: StartWorkflow): Promise<void> {
  for (const step of stageName.options)
    await keepResult(step, await start(step, step === 'generate' ? { target: 60 } : {}));
  await keepResult('dedupe-partitions', await start('dedupe', { partitions: 2 }));
  await keepResult('alpaca-filtered', await start('alpaca', { generate: { target: 60 }, filter: {} }));
  await keepResult('train-rounds', await start('train', { workers: 2, roundSteps: 10 }));
}

/** Requests that are answered once a person has changed something. */
function heldRequests(): { script: Partial<Script>; asked: Set<number>; goOn: () => void } {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const asked = new Set<number>();
  const answerRequest: Script['answerRequest'] = async ({ request }) => {
    asked.add(request);
    await held;
    return answered(request);
  };
  return { script: { answerRequest }, asked, goOn };
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

/** A run that tells a webhook, and what delivers; and the same of a run that is terminated. */
async function recordNotifications(): Promise<void> {
  await harness.withWorker({}, async (start) => {
    const run = await start('alpaca', TOLD);
    await keepResult('alpaca-notified', run);
    await keepResult('notify', await courierOf(run));
  });
  const { script, goOn } = heldRequests();
  await harness.withWorker({ ...script, lookAtRun: async () => 'terminated' }, async (start) => {
    const run = await start('alpaca', TOLD);
    const courier = await courierOf(run);
    await run.terminate('recorded');
    goOn();
    await keepResult('notify-terminated', courier);
  });
}

async function courierOf({ workflowId }: WorkflowHandle): Promise<WorkflowHandle> {
  const query = `WorkflowType = "notify" AND WorkflowId STARTS_WITH "${workflowId}/"`;
  const found = await eventually(
    async () => {
      for await (const one of client.list({ query })) return one;
      return null;
    },
    (one) => one !== null,
  );
  return client.getHandle(found?.workflowId ?? '');
}

/** Leases as workers ask for them: the first with the start, one that must wait, and what ended. */
async function recordLeases(start: StartWorkflow): Promise<void> {
  const limiter = await start('rateLimit', { profile: 'openai', windowSeconds: 1 });
  for (const number of [1, 2, 3]) await limiter.executeUpdate('lease', { args: [leaseCall(number)] });
  await keepResult('rateLimit-leases', limiter);
}

function leaseCall(number: number): LeaseCall {
  const nothing = { requests: 0, tokens: 0 };
  const released = number === 3 ? { requests: 1, tokens: 600 } : nothing;
  return {
    ...{ holder: 'worker', number, released, used: released, wanted: [600], holdMs: 1000 },
    ...{ configured: { requests: null, tokens: 1000 }, learnt: NO_LIMITS, seen: null },
  };
}

/** A generation that is told 429 past all retries, that waits for money, and that is stopped early. */
async function recordWaits(): Promise<void> {
  let refusals = 0;
  const answerRequest: Script['answerRequest'] = async ({ request }) => {
    refusals += 1;
    const limited = { message: 'not now', type: 'RateLimited', nextRetryDelay: 1 };
    if (refusals <= 20) throw ApplicationFailure.create(limited);
    return answered(request);
  };
  await harness.withWorker({ answerRequest }, async (start) =>
    keepResult('generate-rate-limited', await start('generate', { target: 30, concurrency: 2 })),
  );
  const paid: Partial<Script> = {
    estimateGeneration: async () => paidEstimate,
    answerRequest: paying(async ({ request }) => answered(request, 0.5)),
  };
  await harness.withWorker(paid, async (start) => {
    const run = await start('generate', { target: 60, budgetUsd: 2, roundSize: 2, concurrency: 2 });
    await waiting(run, 'budget');
    await run.executeUpdate('setBudget', { args: [20] });
    await keepResult('generate-budget', run);
  });
  const { script, asked, goOn } = heldRequests();
  await harness.withWorker(script, async (start) => {
    const run = await start('generate', { target: 600, roundSize: 2, concurrency: 4 });
    await eventually(
      async () => asked.size,
      (inFlight) => inFlight === 4,
    );
    await run.executeUpdate('setTarget', { args: [500] });
    await run.executeUpdate('stopEarly');
    goOn();
    await keepResult('generate-stopped', run);
  });
  let passes = 0;
  const dedupeRows: Script['dedupeRows'] = async (input) => {
    passes += 1;
    if (passes === 1) throw ApplicationFailure.nonRetryable('The budget of $1 is reached.', 'BudgetReached');
    return { ...(await scripted.dedupeRows(input)), embedding: embeddingPass(1, 0.5) };
  };
  await harness.withWorker({ dedupeRows }, async (start) => {
    const run = await start('dedupe', { embedding: { teacher: 'offline' }, budgetUsd: 1 });
    await waiting(run, 'budget');
    await run.executeUpdate('setBudget', { args: [3] });
    await keepResult('dedupe-embeddings', run);
  });
  await harness.withWorker({}, recordLeases);
}

/** A whole run and its child as they stand while a person has paused them. */
async function recordPausedRun(): Promise<void> {
  const { script, asked, goOn } = heldRequests();
  await harness.withWorker(script, async (start) => {
    const run = await start('alpaca', { generate: { target: 60, concurrency: 2, roundSize: 2 } });
    const generate = client.getHandle(`${run.workflowId}/generate`);
    await eventually(
      async () => asked.size,
      (inFlight) => inFlight === 2,
    );
    await run.executeUpdate('pause');
    goOn();
    const answeredTwo = async () => (await generate.query<Progress>('progress')).stages[0]?.note ?? '';
    await eventually(answeredTwo, (note) => note.startsWith('2 requests answered'));
    await keep('alpaca-paused', run);
    await keep('generate-child-paused', generate);
    await run.executeUpdate('resume');
    await run.result();
  });
}

/** The second runs of what has continued as new: they begin with what was handed over. */
async function recordContinuedRuns(): Promise<void> {
  const short = await startHarness(SHORT_HISTORIES);
  const { workflow } = short.environment.client;
  const keepSecond = async (name: string, { workflowId }: WorkflowHandle) => {
    const runs = async () => {
      const found: { runId: string; startTime: Date }[] = [];
      for await (const run of workflow.list({ query: `WorkflowId = "${workflowId}"` })) found.push(run);
      return found.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    };
    const [, second] = await eventually(runs, ({ length }) => length >= 3);
    await keep(name, workflow.getHandle(workflowId, second?.runId));
  };
  try {
    await short.withWorker({}, async (start) => {
      const run = await start('alpaca', { budgetUsd: 5, generate: { target: 60, concurrency: 2 } });
      await run.result();
      await keepSecond('alpaca-continued', run);
      const generate = await start('generate', { target: 300, concurrency: 2, roundSize: 2 });
      await generate.result();
      await keepSecond('generate-continued', generate);
      const limiter = await start('rateLimit', { profile: 'openai', windowSeconds: 1 });
      for (let number = 1; number <= 24; number += 1)
        await limiter.executeUpdate('lease', { args: [leaseCall(number)] });
      await keepSecond('rateLimit-continued', limiter);
      await limiter.terminate();
    });
  } finally {
    await short.close();
  }
}

async function waiting(run: WorkflowHandle, kind: string): Promise<void> {
  await eventually(
    () => run.query<Progress>('progress'),
    ({ pauseKind }) => pauseKind === kind,
  );
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
