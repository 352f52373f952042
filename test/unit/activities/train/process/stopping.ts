import assert from 'node:assert/strict';
import type { Attempt } from '../../../../../activities/attempt.ts';
import { PhiloxStream } from '../../../../../activities/philox.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type {
  TrainShardInput,
  TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import { type Training, watched } from '../tiny-training.ts';

/** When an attempt is told to stop: once it has reported so many steps, or in the midst of the step after. */
export interface Stop {
  afterSteps: number;
  inStep: boolean;
}

/** A function of the seed. */
export function randomStops(seed: number, count: number): Stop[] {
  const random = new PhiloxStream(seed, 'shuffle', 0);
  return Array.from({ length: count }, () => ({
    afterSteps: 1 + random.nextBelow(2),
    inStep: random.nextBelow(2) === 1,
  }));
}

/** An attempt that is told to stop, and what it reports. */
export function stoppedAt({ afterSteps, inStep }: Stop, reports: StepProgress[]): Attempt {
  const worker = new AbortController();
  const attempt = watched(reports, worker.signal);
  const stop = () => worker.abort(new Error('the worker stops'));
  let steps = 0;
  return {
    ...attempt,
    report(progress) {
      attempt.report(progress);
      if (progress.figures) steps += 1;
      if (!progress.figures || steps !== afterSteps) return;
      // The process waits until a report is dealt with: what comes after that meets a step.
      if (inStep) setImmediate(stop);
      else stop();
    },
  };
}

/** The step that a shard was at when an attempt began. */
export function beganAt(reports: readonly StepProgress[]): number | undefined {
  return reports[0]?.done;
}

/** Attempt after attempt at a shard, each but the last stopped: each must begin where the one before ended. */
export async function trainUnderStops(
  input: TrainShardInput,
  training: Training,
  stops: readonly Stop[],
): Promise<TrainShardResult> {
  let reached = 0;
  for (const [index, stop] of stops.entries()) {
    const reports: StepProgress[] = [];
    await assert.rejects(
      trainShard(input, training, stoppedAt(stop, reports), index + 1),
      { message: 'the worker stops' },
      `${JSON.stringify(stop)} came too late`,
    );
    assert.equal(beganAt(reports), reached);
    reached = reports.at(-1)?.done ?? 0;
    assert.equal(reports.at(-1)?.note, 'checkpoint saved');
  }
  const last: StepProgress[] = [];
  const result = await trainShard(input, training, watched(last), stops.length + 1);
  assert.equal(beganAt(last), reached);
  return result;
}
