import type { Attempt } from '../../attempt.ts';
import { ChildProcess } from '../../process/child-process.ts';
import type { TrainEvent, TrainReply, TrainRequest } from './child.ts';

/**
 * How long a training that is told to stop may take until what it has learnt is in the store, in milliseconds:
 * for a step that took minutes, on a slow machine, and some ten gigabytes of a checkpoint.
 */
export const SAVE_WITHIN_MS = 5 * 60_000;

/**
 * Trains in a child process until the request's last step, or until held-out loss no longer falls. The child
 * waits while `onEvent` deals with what it reports, and is ended where `onEvent` throws. With the attempt's
 * signal it finishes the step that it is at and saves it, for so long at the most; 0 ends it at once.
 *
 * @throws AlpacaError TrainingDiverged, InvalidInput, CorruptArtifact, StorageFull; ProcessDied where the
 *   child ended; the signal's reason where that came before the last step
 */
export async function trainInProcess(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
  saveWithinMs: number,
): Promise<TrainReply> {
  const entry = new URL('./child.ts', import.meta.url);
  const child = new ChildProcess<TrainRequest, TrainReply, TrainEvent>(entry, attempt, onEvent, {
    name: 'training',
    stopWithinMs: saveWithinMs,
  });
  try {
    const reply = await child.ask(request);
    if (reply.interrupted) throw attempt.signal.reason;
    return reply;
  } finally {
    await child.close();
  }
}
