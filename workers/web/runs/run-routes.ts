import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { Markup } from '../../../activities/document/html.ts';
import { HEADER_STYLE, siteHeader } from '../../../activities/document/site.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { annotation } from '../../../activities/evaluate/answers/model-outputs.ts';
import type { RunSource } from '../../runs/runs.ts';
import { linksOfRun, SITE_PATHS } from '../links.ts';
import type { ShownRun } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { type PairsQuery, pairsPage } from './pairs-page.ts';
import { runListPage, runPage } from './run-pages.ts';
import { commandThatGoesOn, shownProgress, stateText } from './run-texts.ts';
import { startPage } from './start-page.ts';

/** A report is one file with its style inside; whatever is in it may neither run nor fetch anything. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

type OfRun = { Params: { workflowId: string } };

/** The list of runs, a run's page, what its script shows of it, and its report. */
export function serveRuns(
  app: FastifyInstance,
  { runs, store, place }: { runs: RunSource; store: ArtifactStore; place: RunsPlace },
): void {
  app.get('/', async (_, reply) => {
    reply.type('text/html; charset=utf-8');
    return runListPage(await runs.list(), place);
  });

  app.get('/start', async (_, reply) => reply.type('text/html; charset=utf-8').send(startPage()));

  app.get<OfRun>('/runs/:workflowId', async ({ params: { workflowId } }, reply) => {
    const run = await runs.view(workflowId);
    reply.type('text/html; charset=utf-8');
    return runPage(run, place);
  });

  app.get<OfRun>('/runs/:workflowId/report', async ({ params: { workflowId } }, reply) => {
    const run = await runs.view(workflowId);
    if (run.result === null) throw notYet(workflowId, 'report');
    const report = await readFile(await store.open(run.result.release.report), 'utf8');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', REPORT_POLICY)
      .send(withHeader(report, siteHeader({ ...SITE_PATHS, ...linksOfRun(run, place) }, 'Report')));
  });

  app.get<OfRun & { Querystring: PairsQuery }>(
    '/runs/:workflowId/pairs',
    async ({ params, query }, reply) => {
      const run = await runs.view(params.workflowId);
      if (run.result === null) throw notYet(params.workflowId, 'judged pairs');
      const { annotations } = run.result.evaluate;
      const pairs = await readRows(await store.open(annotations), annotation);
      return reply
        .type('text/html; charset=utf-8')
        .send(pairsPage(run.id, pairs, query, linksOfRun(run, place)));
    },
  );

  app.get<OfRun>('/runs/:workflowId/shown', async ({ params: { workflowId } }): Promise<ShownRun> => {
    const run = await runs.view(workflowId);
    return {
      closedAt: run.closedAt,
      state: stateText(run),
      command: commandThatGoesOn(run, place),
      shown: run.progress === null ? null : shownProgress(run.progress, run.status),
    };
  });
}

/** The report is a file that stands for itself; here it is a page among others. */
function withHeader(report: string, header: Markup): string {
  return report.replace(/<body>/, (body) => `${body}<style>${HEADER_STYLE}</style>${header}`);
}

function notYet(workflowId: string, what: string): AlpacaError {
  return new AlpacaError('NotFound', `The run ${workflowId} has no ${what}.`, {
    remedy: 'It is written when the run completes.',
  });
}
