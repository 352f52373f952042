import { alpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { findRun, type KnownRun } from '../../find-run.ts';
import { followingOf, uiUrlOf } from '../connection.ts';
import { UsageError } from '../outcome.ts';
import { answering, type CommandPlaces, endOf, withRuns } from '../runs.ts';
import type { Terminal } from '../terminal.ts';
import { followRun } from './follow.ts';
import { showEnd } from './show-end.ts';

/** `alpaca watch ID`: progress of a run that was started anywhere, and its summary. */
export function watch(id: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  return withRuns(async (places) => {
    const run = await findRun(places, id);
    const { workflowId, runId, type } = run;
    if (type !== 'alpaca')
      throw new UsageError(`${workflowId} is a ${type} workflow; only \`alpaca\` can be watched.`);
    const result =
      run.closedAt === null
        ? await follow(places, run, signal)
        : endOf(run, { alpaca: alpacaResult.nullable() }, 'has a summary');
    const uiUrl = run.description && uiUrlOf(places.environment, workflowId, runId);
    await showEnd(result, { workflowId, runId, uiUrl }, places.store, terminal);
  });
}

function follow(places: CommandPlaces, { workflowId }: KnownRun, signal: AbortSignal) {
  const client = answering(places);
  return followRun(client.workflow.getHandle(workflowId), {
    ...followingOf(client, places.environment, workflowId),
    signal,
    failure: new Promise<never>(() => {}),
    howToResume: `Stopped watching; the run ${workflowId} goes on.`,
  });
}
