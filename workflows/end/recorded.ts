import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { recording } from '../activity-bounds.ts';
import { codeWithin, type RunRecord, reasonWithin } from '../contracts/run/record.ts';
import { saidIn } from '../contracts/run/said.ts';
import { controlAtTheEnd } from '../control.ts';
import { inputFits } from '../decisions/start/resolve-start.ts';
import { isCancelled, withoutDefect } from '../failed.ts';
import { tellEnd } from '../notify/notifier.ts';
import { despiteStops, Outage } from '../outage.ts';
import { parentRun } from '../parent-run.ts';
import { showPause } from '../show.ts';

type Outcome = Pick<RunRecord, 'status' | 'result' | 'failure'>;

/**
 * The workflow, and at its end a record of it in the store, which outlives what the server keeps. Its last act,
 * in every way in which a workflow ends by itself; a run's own steps have no record beside the run's.
 */
export function recorded<Carried extends unknown[], Result>(
  workflow: (raw: unknown, ...carried: Carried) => Promise<Result>,
): (raw: unknown, ...carried: Carried) => Promise<Result> {
  return async (raw, ...carried) => {
    let result: Result;
    try {
      result = await workflow(raw, ...carried);
    } catch (thrown) {
      const error = withoutDefect(thrown);
      // Anything else ends no workflow: it continues as new, or its task is tried again.
      if (error instanceof TemporalFailure && !parentRun()) {
        await record(raw, outcomeOf(error));
        await (isCancelled(error) ? tellEnd('cancelled') : tellEnd('failed', codeWithin(error)));
      }
      throw error;
    }
    if (parentRun()) return result;
    await record(raw, { status: 'COMPLETED', result, failure: null });
    await tellEnd('done');
    await condition(allHandlersFinished);
    return result;
  };
}

function outcomeOf(error: TemporalFailure): Outcome {
  return { status: isCancelled(error) ? 'CANCELLED' : 'FAILED', result: null, failure: reasonWithin(error) };
}

/** What cannot be recorded ends as it would have ended: the server knows of it for as long as it keeps it. */
async function record(raw: unknown, outcome: Outcome): Promise<void> {
  const { workflowId, runId, workflowType: type, namespace, startTime, memo } = workflowInfo();
  const place = { workflowId, runId, type, namespace };
  const times = { startedAt: startTime.toISOString(), closedAt: new Date().toISOString() };
  // One that was refused for its size would be no payload of an activity either.
  const input = inputFits(raw) ? (raw ?? {}) : {};
  const write = () => recording().recordRun({ ...place, ...times, ...saidIn(memo), input, ...outcome });
  try {
    await CancellationScope.nonCancellable(() =>
      outcome.status === 'COMPLETED' ? patiently(write) : despiteStops(write),
    );
  } catch (error) {
    log.warn('the store has no record of this run', { reason: reasonWithin(error) });
  }
}

/** All else is done and in the store: what is still to be written waits for a store that is full or away. */
function patiently(write: () => Promise<void>): Promise<void> {
  return new Outage(controlAtTheEnd(), showPause).patiently(write);
}
