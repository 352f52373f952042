import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import { alpacaOperations } from '../../workers/fleet/nexus-operations.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { taskQueuesOf } from '../../workflows/contracts/run.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { hasBegun } from '../replay/begun.ts';
import { type Script, scripted } from './scripted-activities.ts';
import { UNMEASURED } from './unmeasured.ts';

/**
 * Workflows against a real Temporal server, with activities that a test scripts. What all its tests made is
 * replayed when it ends: a workflow that is not deterministic fails here.
 */
export interface Harness {
  readonly environment: TestWorkflowEnvironment;
  /** where its fleet takes runs */
  readonly taskQueue: string;
  /** Runs `test` with a fleet at work; `script` overrides what single activities do. Ends what `test` left running. */
  withWorker(script: Partial<Script>, test: (start: StartWorkflow) => Promise<void>): Promise<void>;
}

/** One that a test file started for itself, and ends. */
export interface OwnHarness extends Harness {
  close(): Promise<void>;
}

/**
 * @param options.update is sent with the start, so that the first workflow task has both
 * @param options.second a second argument, which workflows take of each other alone
 * @param options.name what its id begins with, in place of its type
 */
export type StartWorkflow = (
  type: string,
  input?: unknown,
  options?: { update?: string; second?: unknown; name?: string },
) => Promise<WorkflowHandle>;

/** Once in a process, which may run several files of tests. */
Runtime.install({ logger: new DefaultLogger('ERROR') });

export async function startHarness(
  serverArguments: string[] = [],
  workerOptions: Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions'> = {},
): Promise<OwnHarness> {
  const environment = await startServer(serverArguments);
  const workflowBundle = await bundleWorkflows();
  const taskQueue = `test-${randomUUID()}`;
  let script: Script | null = null;
  // Workers load the whole bundle, some seconds of a processor: one fleet serves all tests of a file in turn.
  const activities = byName((name) => (...given: unknown[]) => {
    assert.ok(script, `${name} was called between two tests`);
    return Reflect.apply(script[name], undefined, given);
  });
  const fleet = await createFleet(environment, { taskQueue, workflowBundle, activities, workerOptions });
  const closing = Promise.withResolvers<void>();
  const working = fleet.runUntil(() => closing.promise);
  const ending = working.then(() => assert.fail('the fleet ended'));
  ending.catch(() => {}); // tells the test that is running, if there is one
  const histories: FinishedHistory[] = [];

  return {
    environment,
    taskQueue,
    async withWorker(changes, test) {
      assert.equal(script, null, 'one test at a time');
      script = { ...scripted, ...changes };
      const started: WorkflowHandle[] = [];
      const start: StartWorkflow = async (type, input, { update, second, name = type } = {}) => {
        const workflowId = `${name}-${randomUUID()}`;
        const args = second === undefined ? [input] : [input, second];
        const options = { taskQueue, workflowId, args: input === undefined ? [] : args };
        const { workflow: client } = environment.client;
        if (update === undefined) await client.start(type, options);
        else {
          const operation = new WithStartWorkflowOperation(type, {
            ...options,
            workflowIdConflictPolicy: 'FAIL',
          });
          await client.executeUpdateWithStart(update, { startWorkflowOperation: operation });
        }
        const handle = client.getHandle(workflowId);
        started.push(handle);
        return handle;
      };
      try {
        await Promise.race([test(start), ending]);
        const families = started.map(({ workflowId }) => historiesOfFamily(environment, workflowId));
        histories.push(...(await Promise.all(families)).flat());
      } finally {
        for (const handle of started) await handle.terminate('its test is over').catch(() => {}); // most have ended
        script = null;
      }
    },
    async close() {
      closing.resolve();
      await working;
      await replay(workflowBundle, histories);
      await environment.teardown();
    },
  };
}

function byName(make: (name: keyof Script) => (...given: unknown[]) => unknown): Script {
  const names = Object.keys(scripted) as (keyof Script)[];
  return { ...scripted, ...Object.fromEntries(names.map((name) => [name, make(name)])) };
}

/** The SDK gives a server five seconds to start, which a busy machine may not have for it. */
const STARTS = 4;

async function startServer(extraArgs: string[]): Promise<TestWorkflowEnvironment> {
  for (let start = 1; ; start += 1) {
    try {
      return await TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'existing-path', path: process.env.ALPACA_TEMPORAL_CLI ?? 'temporal' },
          searchAttributes: [...SEARCH_ATTRIBUTES],
          extraArgs,
          log: { level: 'error', format: 'pretty' },
        },
      });
    } catch (error) {
      if (start === STARTS || !(error as Error).message.includes('did not start within')) throw error;
      console.error(`start ${start} of the Temporal server took too long; it is tried again`);
    }
  }
}

interface FinishedHistory {
  workflowId: string;
  history: Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
}

/** Of every run of the workflow and of the children that it started. */
export async function historiesOfFamily(
  environment: TestWorkflowEnvironment,
  workflowId: string,
): Promise<FinishedHistory[]> {
  const histories: FinishedHistory[] = [];
  const query = `WorkflowId = "${workflowId}" OR WorkflowId STARTS_WITH "${workflowId}/"`;
  for (let attempt = 0; attempt < 50 && histories.length === 0; attempt += 1) {
    for await (const { workflowId: id, runId } of environment.client.workflow.list({ query })) {
      const history = await environment.client.workflow.getHandle(id, runId).fetchHistory();
      if (hasBegun(history)) histories.push({ workflowId: id, history });
    }
    if (histories.length === 0) await new Promise((resolve) => setTimeout(resolve, 50)); // visibility lags a little
  }
  assert.ok(histories.length > 0, `no history of ${workflowId} was found to replay`);
  return histories;
}

async function replay(workflowBundle: WorkflowBundle, histories: FinishedHistory[]): Promise<void> {
  let replayed = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle, sinks: UNMEASURED }, histories)) {
    if (error) throw error;
    replayed += 1;
  }
  assert.equal(replayed, histories.length);
}

function createWorker(
  environment: TestWorkflowEnvironment,
  taskQueue: string,
  options: Omit<WorkerOptions, 'taskQueue'>,
): Promise<Worker> {
  return Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    maxHeartbeatThrottleInterval: 100,
    shutdownGraceTime: 100,
    sinks: UNMEASURED,
    ...options,
  });
}

interface FleetOptions {
  taskQueue: string;
  workflowBundle: WorkflowBundle;
  activities: Script;
  workerOptions?: Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions'>;
}

/** A worker on each queue of a fleet, as processes have them. */
export async function createFleet(
  environment: TestWorkflowEnvironment,
  { taskQueue, workflowBundle, activities, workerOptions = {} }: FleetOptions,
): Promise<{ runUntil<Result>(work: () => Promise<Result>): Promise<Result> }> {
  const { workflows, ...others } = taskQueuesOf(taskQueue);
  const { resolveStart } = activities;
  const beginning = {
    workflowBundle,
    activities: { resolveStart },
    nexusServices: [alpacaOperations()],
    enableNonLocalActivities: false,
    // What was terminated is kept as well, and takes 5 to 8 MB.
    maxCachedWorkflows: 40,
  };
  const workers = await Promise.all([
    createWorker(environment, workflows, beginning),
    ...Object.values(others).map((queue) =>
      createWorker(environment, queue, { activities, ...workerOptions }),
    ),
  ]);
  return {
    async runUntil(work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const running = workers.map((worker) => worker.runUntil(promise));
      try {
        // A worker that ends by itself ends the test.
        return await Promise.race([
          work(),
          ...running.map((end) => end.then(() => assert.fail('a worker ended'))),
        ]);
      } finally {
        resolve();
        await Promise.all(running);
      }
    },
  };
}

/** Asks until the answer satisfies, for at most half a minute. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  satisfied: (value: Value) => boolean,
): Promise<Value> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await ask();
    if (satisfied(value)) return value;
    if (Date.now() > deadline) assert.fail(`not within half a minute: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The Markdown that the Temporal UI shows of a workflow now. */
export async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}
