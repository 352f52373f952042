import type { Client } from '@temporalio/client';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { modelOfRun } from '../run-model.ts';
import { isUnanswered, UNANSWERED_MESSAGE } from '../unanswered.ts';
import { ModelsUnreachable } from './models.ts';
import type { ModelCatalog } from './models-on-demand.ts';

/** The untrained base, to talk to beside a trained model. */
const BUILTIN = 'builtin';

/** Runs that are offered; older ones can be asked for by name. */
const MOST_LISTED = 50;
const ANSWER_WITHIN_MS = 5000;

/**
 * The trained models of the runs on a server, each named as its workflow, the newest first; and the untrained
 * base beside it. Its calls throw ModelsUnreachable where Temporal does not answer.
 */
export function modelsOfRuns(client: Client, store: ArtifactStore): ModelCatalog {
  return {
    names: () =>
      reaching(async () => {
        const query = 'WorkflowType IN ("alpaca", "train") AND ExecutionStatus = "Completed"';
        const runs: { workflowId: string; endedAt: number }[] = [];
        await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
          for await (const { workflowId, closeTime, parentExecution } of client.workflow.list({ query })) {
            // A step of a run has the model of that run.
            if (parentExecution === undefined) runs.push({ workflowId, endedAt: closeTime?.getTime() ?? 0 });
            if (runs.length === MOST_LISTED) break;
          }
        });
        runs.sort((left, right) => right.endedAt - left.endedAt);
        const [newest, ...older] = new Set(runs.map(({ workflowId }) => workflowId));
        return [...(newest === undefined ? [] : [newest]), BUILTIN, ...older];
      }),

    async folderOf(name) {
      if (name === BUILTIN) return builtinPath('tiny-model', 'en');
      const asking = () => client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => modelOfRun(client, name));
      const found = await reaching(asking);
      return 'model' in found ? store.open(found.model) : null;
    },
  };
}

async function reaching<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw isUnanswered(error) ? new ModelsUnreachable(UNANSWERED_MESSAGE, { cause: error }) : error;
  }
}
