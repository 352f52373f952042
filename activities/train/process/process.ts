import type { Attempt } from '../../attempt.ts';
import { ChildProcess } from '../../process/child-process.ts';
import type { TrainEvent, TrainReply, TrainRequest } from './child.ts';

/**
 * Trains in a child process until the request's last step, or until held-out loss no longer falls. The child
 * waits while `onEvent` deals with what it reports, is ended where `onEvent` throws, and ends with the
 * attempt's signal.
 *
 * @throws AlpacaError TrainingDiverged, InvalidInput, CorruptArtifact, StorageFull; ProcessDied where the
 *   child ended
 */
export async function trainInProcess(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
): Promise<TrainReply> {
  const entry = new URL('./child.ts', import.meta.url);
  const child = new ChildProcess<TrainRequest, TrainReply, TrainEvent>(entry, attempt, onEvent);
  try {
    return await child.ask(request);
  } finally {
    await child.close();
  }
}
