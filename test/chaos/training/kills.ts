import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import type { Processes } from '../../processes.ts';
import { until } from '../in-flight.ts';

export interface KilledTraining {
  undisturbed: TrainResult;
  killed: TrainResult;
  /** the most attempts that a shard took */
  attempts: number;
}

/**
 * Trains twice with real workers: undisturbed, and on a GPU worker that gets SIGKILL in one shard after another, each
 * past a checkpoint and before the next.
 *
 * @param input of the step `train`, with at least as many shards as kills
 * @param pastStep of a shard: where it is killed
 */
export async function trainUnderKills(
  processes: Processes,
  { input, kills, pastStep }: { input: object; kills: number; pastStep: number },
): Promise<KilledTraining> {
  const start = (workflowId: string): Promise<WorkflowHandle> =>
    processes.client.workflow.start('train', { taskQueue: 'alpaca', workflowId, args: [input] });
  const undisturbed: TrainResult = await (await start('undisturbed')).result();
  const handle = await start('killed');
  const interrupted = new Set<string>();
  while (interrupted.size < kills) {
    interrupted.add(await untilInShard(handle, pastStep, interrupted));
    await processes.kill('gpu-worker');
    await processes.start('gpu-worker');
  }
  const killed: TrainResult = await handle.result();
  const { events } = await handle.fetchHistory();
  const attempts = (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started ? [started.attempt ?? 1] : [],
  );
  return { undisturbed, killed, attempts: Math.max(...attempts) };
}

/** Waits until a shard not seen before heartbeats from that step on: the kill then meets work in flight. */
async function untilInShard(
  handle: WorkflowHandle,
  step: number,
  seen: ReadonlySet<string>,
): Promise<string> {
  let found: string | undefined;
  await until(async () => {
    const { raw } = await handle.describe();
    for (const { activityType, activityId, heartbeatDetails } of raw.pendingActivities ?? []) {
      const [payload] = heartbeatDetails?.payloads ?? [];
      if (activityType?.name !== 'trainShard' || !activityId || seen.has(activityId) || !payload?.data)
        continue;
      const progress = JSON.parse(Buffer.from(payload.data).toString()) as { done?: number } | null;
      if ((progress?.done ?? 0) >= step) found = activityId;
    }
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}
