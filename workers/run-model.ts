import type { Client } from '@temporalio/client';
import type { ArtifactReference } from '../workflows/contracts/data.ts';
import type { AlpacaResult } from '../workflows/contracts/pipeline.ts';
import type { TrainResult } from '../workflows/contracts/train.ts';

/** The trained model of a run that has ended, of an `alpaca` or of a `train` workflow; or why it has none. */
export async function modelOfRun(
  client: Client,
  workflowId: string,
): Promise<{ model: ArtifactReference } | { missing: string }> {
  const handle = client.workflow.getHandle(workflowId);
  const found = await handle.describe().catch((error: Error) => {
    if (error.name !== 'WorkflowNotFoundError') throw error;
    return null;
  });
  if (found === null)
    return {
      missing: `There is no workflow ${workflowId}. List them with: npm run temporal -- workflow list`,
    };
  const { type, status } = found;
  if (status.name !== 'COMPLETED')
    return { missing: `The run ${workflowId} is ${status.name}: it has no trained model to name.` };
  if (type === 'alpaca') return { model: ((await handle.result()) as AlpacaResult).train.model };
  if (type === 'train') return { model: ((await handle.result()) as TrainResult).model };
  return { missing: `${workflowId} is a ${type} workflow; \`alpaca\` and \`train\` have a model.` };
}
