import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { log } from '../../log.ts';
import type { CheckpointPointer } from '../checkpoint/checkpoint-pointer.ts';
import type { TrainReply } from './child.ts';
import type { Recorder } from './recorder.ts';

/** So many deaths in so many milliseconds are no accident: the attempt fails, and the waits between tries grow. */
const MOST_DEATHS = 8;
const DEATHS_WITHIN_MS = 60_000;

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
  recorder: Pick<Recorder, 'settle' | 'latest' | 'died'>,
  {
    attempt,
    saveWithinMs,
    toStep,
    isAlone,
  }: { attempt: Attempt; saveWithinMs: number; toStep: number; isAlone: boolean },
): Promise<TrainReply> {
  const deaths: number[] = [];
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
      deaths.push(Date.now());
      const eighthLast = deaths.at(-MOST_DEATHS);
      if (eighthLast !== undefined && Date.now() - eighthLast < DEATHS_WITHIN_MS) throw error;
      recorder.died();
      log.warn(error.message, { goesOnFromStep: saved.step });
      reached = saved;
    }
  }
}
