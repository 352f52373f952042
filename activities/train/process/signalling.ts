import { Context } from '@temporalio/activity';
import { GATHER_UPDATE, type NodePlace, type Rendezvous } from '../../../workflows/contracts/train/nodes.ts';
import { TRAINING_SIGNAL, type TrainingFigures } from '../../../workflows/contracts/train.ts';
import type { Attempt } from '../../attempt.ts';
import { type Gather, nowhere } from '../torchrun/rendezvous.ts';

/** A signal costs the workflow and its parent a few events each: so many in a whole run, at the most. */
export const SIGNALS_IN_A_RUN = 500;
export const SHORTEST_INTERVAL_MS = 10_000;

/**
 * An attempt that now and then also tells its workflow how training goes, for the progress query: heartbeats
 * reach the server, and no workflow.
 */
export function signalling(attempt: Attempt, totalSteps: number): Attempt {
  const { client, info, log } = Context.current();
  if (!info.workflowExecution) return attempt;
  const { workflowId, runId } = info.workflowExecution;
  const workflow = client.workflow.getHandle(workflowId, runId);
  const isDue = sparingly(totalSteps);
  return {
    ...attempt,
    report(progress) {
      attempt.report(progress);
      const { figures } = progress;
      if (!figures || !isDue(figures, Date.now())) return;
      // The next one says more: a signal that does not arrive is no reason to stop training.
      workflow.signal<[TrainingFigures]>(TRAINING_SIGNAL, figures).catch((error: unknown) => {
        log.debug('the workflow was not told how training goes', { error: String(error) });
      });
    },
  };
}

/** Says of figures whether to pass them on: not too soon after the last, and not too many in a run. */
export function sparingly(totalSteps: number): (figures: TrainingFigures, now: number) => boolean {
  const every = Math.ceil(totalSteps / SIGNALS_IN_A_RUN);
  let lastStep = Number.NEGATIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;
  return ({ step }, now) => {
    if (step - lastStep < every || now - lastAt < SHORTEST_INTERVAL_MS) return false;
    lastStep = step;
    lastAt = now;
    return true;
  };
}

/** Tells the workflow of the running activity where its node is; it gathers the others, and answers once all are there. */
export const gatherByWorkflow: Gather = async (place) => {
  const { client, info } = Context.current();
  if (!info.workflowExecution) return nowhere(place);
  const { workflowId, runId } = info.workflowExecution;
  const workflow = client.workflow.getHandle(workflowId, runId);
  return workflow.executeUpdate<Rendezvous, [NodePlace]>(GATHER_UPDATE, { args: [place] });
};
