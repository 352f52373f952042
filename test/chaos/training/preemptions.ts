import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { PhiloxStream } from '../../../activities/philox.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { type Processes, startProcesses } from '../../processes.ts';
import { until } from '../in-flight.ts';

export interface PreemptedTraining {
  undisturbed: TrainResult;
  preempted: TrainResult;
  /** of each preemption: the step that was last reported, and the step that was saved */
  stints: { reported: number; saved: number }[];
}

/**
 * Trains twice with real workers: undisturbed, and on a GPU worker that is told to stop again and again, after
 * one to three steps as the seed has it, and started anew. No checkpoint falls due on the way.
 */
export async function trainUnderPreemptions(preemptions: number, seed: number): Promise<PreemptedTraining> {
  // Steps of this model are quicker than the usual interval of heartbeats, which say how far it is.
  const processes = await startProcesses({ env: { ALPACA_HEARTBEAT_SECONDS: '1' } });
  try {
    await processes.start('data-worker');
    await processes.start('gpu-worker');
    // The seed tasks as rows: 20 steps an epoch.
    const input = { epochs: Math.ceil(preemptions / 3), checkpointEverySteps: 10_000, globalBatch: 8 };
    const start = (workflowId: string) =>
      processes.client.workflow.start('train', { taskQueue: 'alpaca', workflowId, args: [input] });
    const undisturbed = (await (await start('undisturbed')).result()) as TrainResult;
    const handle = await start('preempted');
    const random = new PhiloxStream(seed, 'shuffle', 0);
    const stints: PreemptedTraining['stints'] = [];
    for (let preemption = 0; preemption < preemptions; preemption += 1) {
      const before = stints.at(-1)?.saved ?? 0;
      const reported = await untilStep(handle, before + 1 + random.nextBelow(3));
      assert.equal(await processes.terminate('gpu-worker'), 0);
      stints.push({ reported, saved: await latestStep(processes) });
      await processes.start('gpu-worker');
    }
    return { undisturbed, preempted: (await handle.result()) as TrainResult, stints };
  } finally {
    await processes.stop();
  }
}

/** Waits until a shard reports this step of the whole training, or a later one. */
async function untilStep(handle: WorkflowHandle, step: number): Promise<number> {
  let reached = 0;
  await until(async () => {
    const { raw } = await handle.describe();
    for (const { activityType, heartbeatDetails } of raw.pendingActivities ?? []) {
      const [payload] = heartbeatDetails?.payloads ?? [];
      if (activityType?.name !== 'trainShard' || !payload?.data) continue;
      const progress = JSON.parse(Buffer.from(payload.data).toString()) as {
        figures?: { step: number };
      } | null;
      reached = Math.max(reached, progress?.figures?.step ?? 0);
    }
    return reached >= step;
  });
  return reached;
}

/** The latest step that the preempted training's records point to. */
async function latestStep({ folder }: Processes): Promise<number> {
  const names = await readdir(join(folder, 'store', 'entries', 'training', 'preempted'), { recursive: true });
  const steps = names.flatMap((name) => /-step-(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  return Math.max(0, ...steps);
}

/** What must hold however often a training was preempted. */
export function assertNothingLost({ undisturbed, preempted, stints }: PreemptedTraining): void {
  for (const { reported, saved } of stints)
    assert.ok(saved >= reported, `step ${reported} was reported and step ${saved} saved`);
  assert.equal(preempted.model.sha256, undisturbed.model.sha256);
  assert.equal(preempted.checkpoint.sha256, undisturbed.checkpoint.sha256);
  assert.deepEqual(preempted.loss, undisturbed.loss);
}
