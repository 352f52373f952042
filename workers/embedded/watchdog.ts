import { setTimeout as sleep } from 'node:timers/promises';

/** A process whose loop stands still so long is not waited for: what it does at length is in children and threads. */
const ANSWER_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 10_000;

export interface WatchdogTimes {
  answerWithinMs?: number;
  askEveryMs?: number;
}

/**
 * Asks a process for its health again and again: one whose event loop stands still cannot say so itself. What it
 * answers is no matter here, nor that it refuses the connection: then it ends, or begins.
 *
 * @param stoodStill is told once, where no answer came in time
 */
export async function watchLoop(
  healthUrl: string,
  signal: AbortSignal,
  stoodStill: (seconds: number) => void,
  { answerWithinMs = ANSWER_WITHIN_MS, askEveryMs = ASK_EVERY_MS }: WatchdogTimes = {},
): Promise<void> {
  try {
    while (true) {
      await sleep(askEveryMs, undefined, { signal, ref: false });
      const late = AbortSignal.timeout(answerWithinMs);
      const answer = fetch(`${healthUrl}/healthz`, { signal: AbortSignal.any([signal, late]) });
      await answer.then((response) => response.text()).catch(() => {});
      signal.throwIfAborted();
      if (late.aborted) return stoodStill(answerWithinMs / 1000);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
