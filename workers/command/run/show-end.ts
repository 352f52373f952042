import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { type RunSummary, summarize, summaryText } from '../../runs/summary.ts';
import type { Terminal } from '../terminal.ts';

/** Shows what a run came to; null: it was the first of a schedule, and found nothing new. */
export async function showEnd(
  result: AlpacaResult | null,
  run: Pick<RunSummary, 'workflowId' | 'runId' | 'uiUrl'>,
  store: ArtifactStore,
  terminal: Pick<Terminal, 'result'>,
): Promise<void> {
  if (result === null)
    return terminal.result(
      { ...run, rows: 0 },
      'Nothing new: there are too few rows to train on, and no run before it trained. The next one looks again.',
    );
  const summary = await summarize(result, run, store);
  terminal.result(summary, summaryText(summary));
}
