import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { log } from '../../log.ts';
import type { CheckpointPointer } from '../checkpoint/checkpoint-pointer.ts';
import type { TrainReply } from './child.ts';
import type { Recorder } from './recorder.ts';

/**
 * Where a process dies that has saved more than it began with, another goes on from that at once: this costs no try of
 * the activity, and no wait for the next. Of several that train together all are begun anew, which is for the workflow.
 *
 * @param goOnFrom trains in a process from the latest checkpoint on, null where there is none
 * @throws what `goOnFrom` throws; where its process died, what the last checkpoint could not be kept for
 */
export async function throughDeaths(
  goOnFrom: (reached: CheckpointPointer | null) => Promise<TrainReply>,
  latest: CheckpointPointer | null,
  recorder: Pick<Recorder, 'settle' | 'latest'>,
  {
    attempt,
    saveWithinMs,
    toStep,
    isAlone,
  }: { attempt: Attempt; saveWithinMs: number; toStep: number; isAlone: boolean },
): Promise<TrainReply> {
  for (let reached = latest; ; ) {
    try {
      return await goOnFrom(reached);
    } catch (error) {
      const notKept = await recorder.settle(saveWithinMs);
      const hasDied = error instanceof AlpacaError && error.code === 'ProcessDied';
      if (attempt.signal.aborted || !hasDied) throw error;
      if (notKept !== null) throw notKept;
      const saved = recorder.latest;
      if (!isAlone || saved === null || saved === reached || saved.step === toStep) throw error;
      log.warn(error.message, { goesOnFromStep: saved.step });
      reached = saved;
    }
  }
}
