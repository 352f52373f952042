import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import type { RunSource, RunView } from '../../runs/runs.ts';
import { resultLinks, temporalUrl } from '../links.ts';
import type { ShownRun } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { runListPage, runPage } from './run-pages.ts';
import { commandThatGoesOn, shownProgress, stateText } from './run-texts.ts';

/** A report is one file with its style inside; whatever is in it may neither run nor fetch anything. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

type OfRun = { Params: { workflowId: string } };

/** The list of runs, a run's page and its report, and the same as JSON under /api. */
export function serveRuns(
  app: FastifyInstance,
  { runs, store, place }: { runs: RunSource; store: ArtifactStore; place: RunsPlace },
): void {
  app.get('/', async (_, reply) => {
    reply.type('text/html; charset=utf-8');
    return runListPage(await runs.list(), place);
  });

  app.get<OfRun>('/runs/:workflowId', async ({ params: { workflowId } }, reply) => {
    const run = await runs.view(workflowId);
    reply.type('text/html; charset=utf-8');
    return runPage(run, place);
  });

  app.get<OfRun>('/runs/:workflowId/report', async ({ params: { workflowId } }, reply) => {
    const { result } = await runs.view(workflowId);
    if (result === null) {
      throw new AlpacaError('NotFound', `The run ${workflowId} has no report.`, {
        remedy: 'It is written when the run completes.',
      });
    }
    const report = await readFile(await store.open(result.release.report));
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', REPORT_POLICY)
      .send(report);
  });

  app.get('/api/runs', async () => ({ runs: await runs.list() }));

  app.get<OfRun>('/api/runs/:workflowId', async ({ params: { workflowId } }) => {
    const run = await runs.view(workflowId);
    return forApi(run, place);
  });
}

/** A run as JSON: its figures, and the same as the page shows them. */
function forApi(run: RunView, place: RunsPlace): object {
  const { progress } = run;
  const onPage: ShownRun = {
    closedAt: run.closedAt,
    state: stateText(run),
    command: commandThatGoesOn(run, place),
    shown: progress === null ? null : shownProgress(progress, run.status),
  };
  return { ...run, ...onPage, links: resultLinks(run, place), temporalUrl: temporalUrl(place, run) };
}
