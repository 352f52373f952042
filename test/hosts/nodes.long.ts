import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { createS3Store } from '../../activities/artifacts/stores/s3-store.ts';
import { type StepMetrics, stepMetrics } from '../../activities/train/metrics.ts';
import { trainingPrograms } from '../../workers/configuration.ts';
import type { TrainResult } from '../../workflows/contracts/train.ts';
import { failedWorkflowTasks, until } from '../chaos/in-flight.ts';
import { type Processes, startProcesses } from '../processes.ts';
import { missingTorch } from '../python.ts';
import { BUCKET, type S3Server, startS3 } from '../s3/versitygw.ts';
import { hostsOfTheirOwn, type Network } from './network.ts';

/** The seed tasks as rows: 79 steps in one shard. */
const TRAINING = {
  ...{ engine: 'torchrun', epochs: 1, shardsPerEpoch: 1, globalBatch: 2, microBatch: 1 },
  checkpointEverySteps: 10,
};
/** To load PyTorch in all processes of a busy machine. */
const MINUTES = 6;
const STORE = `s3://${BUCKET}/fleet`;

describe('a training by PyTorch on two hosts', async () => {
  const missing = await missingTorch();
  let folder: string;
  let network: Network;
  let store: S3Server | string;
  let processes: Processes | null = null;
  let alone: StepMetrics[] = [];

  before(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'alpaca-nodes-'));
    network = await hostsOfTheirOwn(folder);
    store = await startS3({ on: await network.host('store') });
    if (typeof store === 'string') return;
    console.error(`each process has a host of its own: ${network.kind}`);
    const { python } = trainingPrograms();
    const env = { ...store.env, ALPACA_HEARTBEAT_SECONDS: '1', ALPACA_PYTHON: python ?? '' };
    processes = await startProcesses({ network, store: STORE, env });
    Object.assign(process.env, store.env);
    for (const name of ['data-worker', 'gpu-worker', 'gpu-worker-2'] as const) await processes.start(name);
    alone = await metricsOf(processes, await train(processes, { processes: 2 }));
    assert.ok(alone.length > 60);
  });

  after(async () => {
    await processes?.stop();
    if (store && typeof store !== 'string') await store.stop();
    await network?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const hosts: readonly [string, (processes: Processes) => Promise<void>][] = [
    [
      'killed',
      async (given) => {
        await given.kill('gpu-worker-2');
        await given.start('gpu-worker-2');
      },
    ],
    [
      'cut off for 12 seconds',
      async () => {
        const host = await network.host('gpu-worker-2');
        await host.cut();
        await sleep(12_000);
        await host.heal();
      },
    ],
  ];
  for (const [how, disturb] of hosts)
    it(`of which one is ${how} goes on from the last checkpoint on both, with the losses of one host`, async (test) => {
      if (missing || processes === null) return test.skip(missing || String(store));
      const run = await train(processes, { nodes: 2 });
      await until(async () => (await reached(run)) > 20, MINUTES);
      const tries = await schedulings(run);
      await disturb(processes);
      await until(async () => (await schedulings(run)) > tries, MINUTES);
      let first = 0;
      await until(async () => {
        first = await reached(run);
        return first > 0;
      }, MINUTES);
      assert.ok(first >= 20, `it went on at step ${first}`);
      assertClose(await metricsOf(processes, run), alone);
      assert.equal(await failedWorkflowTasks(processes.client), 0);
    });
});

let runs = 0;
function train({ client }: Processes, settings: object): Promise<WorkflowHandle> {
  runs += 1;
  const args = [{ ...TRAINING, ...settings }];
  return client.workflow.start('train', { taskQueue: 'alpaca', workflowId: `train-${runs}`, args });
}

async function metricsOf({ folder }: Processes, run: WorkflowHandle): Promise<StepMetrics[]> {
  const { metrics }: TrainResult = await run.result();
  const cache = { folder: join(folder, 'cache'), mostBytes: 1e9 };
  const lines = await readFile(await createS3Store({ url: STORE, cache }).open(metrics), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => stepMetrics.parse(JSON.parse(line)));
}

function assertClose(found: readonly StepMetrics[], expected: readonly StepMetrics[]): void {
  assert.equal(found.length, expected.length);
  const worst = Math.max(
    ...found.map(({ loss }, step) => Math.abs(loss - (expected[step]?.loss ?? Number.NaN))),
  );
  console.error(`losses differ by ${worst.toExponential(1)} at the most over ${found.length} steps`);
  assert.ok(worst <= 1e-3, `${worst}`);
}

/** The step that the running shard says it is at; 0 where none runs. */
async function reached(run: WorkflowHandle): Promise<number> {
  const { raw } = await run.describe();
  const shard = (raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === 'trainShard');
  const [payload] = shard?.heartbeatDetails?.payloads ?? [];
  return payload?.data ? (JSON.parse(Buffer.from(payload.data).toString()).done ?? 0) : 0;
}

/** How often a shard was begun. */
async function schedulings(run: WorkflowHandle): Promise<number> {
  const { events } = await run.fetchHistory();
  return (events ?? []).filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'trainShard',
  ).length;
}
