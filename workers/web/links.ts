import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { ListedRun, RunView } from '../runs/runs.ts';

/** Every address that the pages point at. */

/** @param id a workflow id, or a run id */
export function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** `artifact://KIND/SHA256/NAME` as a path of this service. */
function artifactPath({ uri }: Pick<ArtifactReference, 'uri'>): string {
  const [kind = '', sha256 = '', name = ''] = uri.slice('artifact://'.length).split('/');
  return `/artifacts/${kind}/${sha256}/${encodeURIComponent(name)}`;
}

/** The run in the Temporal UI; null where no UI is known, or the run is there no more. */
export function temporalUrl(
  { temporalUiUrl, namespace }: { temporalUiUrl: string | null; namespace: string },
  { workflowId, runId, isForgotten }: Pick<ListedRun, 'workflowId' | 'runId' | 'isForgotten'>,
): string | null {
  if (temporalUiUrl === null || isForgotten) return null;
  const workflow = `${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}`;
  return `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflow}/history`;
}

export function chatPath(chatUrl: string, id: string): string {
  return `${chatUrl}/?model=${encodeURIComponent(id)}`;
}

/** What a finished run has to look at, to talk to and to download. */
export function resultLinks(
  { id, result }: RunView,
  { chatUrl }: { chatUrl: string | null },
): { text: string; path: string }[] {
  if (result === null) return [];
  const chat = chatUrl === null ? [] : [{ text: 'Talk to the model', path: chatPath(chatUrl, id) }];
  return [
    { text: 'Report', path: `${runPath(id)}/report` },
    ...chat,
    { text: `Dataset, ${result.rows} rows`, path: artifactPath(result.dataset) },
    { text: 'Release folder', path: artifactPath(result.release.release) },
    { text: 'Trained model', path: artifactPath(result.train.model) },
    { text: 'Judged pairs', path: `${runPath(id)}/pairs` },
    { text: 'Pairs as AlpacaEval’s annotations', path: artifactPath(result.evaluate.annotations) },
  ];
}
