import type { Attempt } from '../attempt.ts';
import { ChildProcess } from '../model/child-process.ts';
import type { TrainEvent, TrainRequest } from './child.ts';

/**
 * Trains in a child process until the request's last step. The child waits while `onEvent` deals with what
 * it reports, is ended where `onEvent` throws, and ends with the attempt's signal.
 *
 * @throws AlpacaError TrainingDiverged, InvalidInput, CorruptArtifact; ProcessDied where the child ended
 */
export async function trainInProcess(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
): Promise<void> {
  const entry = new URL('./child.ts', import.meta.url);
  const child = new ChildProcess<TrainRequest, null, TrainEvent>(entry, attempt, onEvent);
  try {
    await child.ask(request);
  } finally {
    await child.close();
  }
}
