import type { SiteLinks } from '../../activities/document/site.ts';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { ListedRun, RunView } from '../runs/runs.ts';
import type { RunsPlace } from './place.ts';

/** Every address that the pages point at. */

/** Where the header leads from a page that is of no run: the last three go on to wherever that is. */
export const SITE_PATHS = {
  Runs: '/',
  Chat: '/chat',
  Report: '/report',
  Temporal: '/temporal',
} as const satisfies SiteLinks;

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

/** The header of a run's own pages leads to what is of that run. */
export function linksOfRun(run: RunView, place: RunsPlace): Partial<SiteLinks> {
  const temporal = temporalUrl(place, run);
  return {
    ...(run.result === null ? {} : { Report: `${runPath(run.id)}/report` }),
    ...(run.result === null || place.chatUrl === null ? {} : { Chat: chatPath(place.chatUrl, run.id) }),
    ...(temporal === null ? {} : { Temporal: temporal }),
  };
}
