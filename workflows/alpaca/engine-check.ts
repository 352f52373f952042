import { ActivityFailure, log, TimeoutFailure } from '@temporalio/workflow';
import { checkingEngine } from '../activity-bounds.ts';
import type { EngineSettings } from '../contracts/train-activities.ts';

/**
 * A run is not to pay for data and find then that no PyTorch is there to train with. Where no GPU worker takes the
 * question within a minute the run goes on: whoever pays for such workers may start them when there is work for them.
 */
export async function checkEngine({ engine, processes, command }: EngineSettings): Promise<void> {
  if (engine === 'tensorflow') return;
  try {
    await checkingEngine().checkEngine({ engine, processes, command });
  } catch (error) {
    if (!isUntaken(error)) throw error;
    log.warn(`No GPU worker is there to say whether it can train by ${engine}: the run goes on.`);
  }
}

function isUntaken(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return false;
  return error.cause.timeoutType === 'SCHEDULE_TO_START';
}
