import { createLocalStore } from '../../../activities/artifacts/local-store.ts';
import { connect, followingOf, uiUrlOf } from '../connection.ts';
import { UsageError } from '../outcome.ts';
import { storeFolder } from '../place.ts';
import { findEnvironment } from '../standing.ts';
import type { Terminal } from '../terminal.ts';
import { followRun } from './follow.ts';
import { summarize, summaryText } from './summary.ts';

/** `alpaca watch ID`: progress of a run that was started anywhere, and its summary. */
export async function watch(workflowId: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const environment = await findEnvironment();
  const client = await connect(environment);
  try {
    const handle = client.workflow.getHandle(workflowId);
    const description = await handle.describe().catch((error: Error) => {
      if (error.name !== 'WorkflowNotFoundError') throw error;
      throw new UsageError(
        `There is no workflow ${workflowId}. List them with: npm run temporal -- workflow list`,
      );
    });
    if (description.type !== 'alpaca')
      throw new UsageError(
        `${workflowId} is a ${description.type} workflow; only \`alpaca\` can be watched.`,
      );
    const uiUrl = uiUrlOf(environment, workflowId, description.runId);
    const result = await followRun(handle, {
      ...followingOf(client, environment, workflowId),
      signal,
      failure: new Promise<never>(() => {}),
      howToResume: `Stopped watching; the run ${workflowId} goes on.`,
    });
    const store = createLocalStore({ root: environment?.store ?? storeFolder() });
    const summary = await summarize(result, { workflowId, runId: description.runId, uiUrl }, store);
    terminal.result(summary, summaryText(summary));
  } finally {
    await client.connection.close();
  }
}
