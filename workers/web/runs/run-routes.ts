import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { Markup } from '../../../activities/document/html.ts';
import { HEADER_STYLE, siteHeader } from '../../../activities/document/site.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { annotation } from '../../../activities/evaluate/answers/model-outputs.ts';
import { REPORT_POLICY } from '../../../activities/report/page.ts';
import { foundTooLittle } from '../../find-run.ts';
import { followedRuns } from '../../runs/followed-runs.ts';
import type { RunSource, RunView } from '../../runs/runs.ts';
import { firstRows } from '../../runs/summary.ts';
import { type Doors, visitorAt } from '../admission.ts';
import { sendEvents } from '../api/event-stream.ts';
import { linksOfRun, SITE_PATHS } from '../links.ts';
import type { ShownRun } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { type PairsQuery, pairsPage } from './pairs-page.ts';
import { runFigures } from './run-figures.ts';
import { runListPage, runPage } from './run-pages.ts';
import { shownRun } from './shown-run.ts';
import { startPage } from './start-page.ts';

/** A report is one file with its style and script inside; nothing else in it may run, and nothing fetch anything. */
const SERVED_REPORT_POLICY = `${REPORT_POLICY}; sandbox allow-scripts; frame-ancestors 'none'`;

type OfRun = { Params: { workflowId: string } };

/** The list of runs, a run's page, what its script shows of it as it changes, and its report. */
export function serveRuns(
  app: FastifyInstance,
  { runs, store, place, doors }: { runs: RunSource; store: ArtifactStore; place: RunsPlace; doors: Doors },
): void {
  const figuresOf = runFigures(store);
  const look = async (id: string): Promise<ShownRun> => {
    const run = await runs.view(id);
    return shownRun(run, await figuresOf(run), place, new Date());
  };
  const followed = followedRuns(look);

  app.get('/', async (_, reply) => {
    reply.type('text/html; charset=utf-8');
    return runListPage(await runs.list(), place);
  });

  app.get('/start', async (_, reply) => reply.type('text/html; charset=utf-8').send(startPage()));

  app.get<OfRun>('/runs/:workflowId', async ({ params: { workflowId } }, reply) => {
    const run = await runs.view(workflowId);
    reply.type('text/html; charset=utf-8');
    const figures = await figuresOf(run);
    const someRows = run.result ? await firstRows(run.result.release.dataset, store).catch(() => []) : [];
    return runPage(run, place, { figures, someRows });
  });

  app.get<OfRun>('/runs/:workflowId/report', async ({ params: { workflowId } }, reply) => {
    const run = await runs.view(workflowId);
    if (run.result === null) throw notYet(run, 'report');
    const report = await readFile(await store.open(run.result.release.report), 'utf8');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', SERVED_REPORT_POLICY)
      .send(withHeader(report, siteHeader({ ...SITE_PATHS, ...linksOfRun(run, place) }, 'Report')));
  });

  app.get<OfRun & { Querystring: PairsQuery }>(
    '/runs/:workflowId/pairs',
    async ({ params, query }, reply) => {
      const run = await runs.view(params.workflowId);
      if (run.result === null) throw notYet(run, 'judged pairs');
      const { annotations } = run.result.evaluate;
      const pairs = await readRows(await store.open(annotations), annotation);
      return reply
        .type('text/html; charset=utf-8')
        .send(pairsPage(run.id, pairs, query, linksOfRun(run, place)));
    },
  );

  app.get<OfRun>('/runs/:workflowId/shown', ({ params }) => look(params.workflowId));

  app.get<OfRun>('/runs/:workflowId/changes', (request, reply) =>
    sendEvents(followed, request.params.workflowId, request, reply, {
      mayFollow: async () => (await visitorAt(doors, request)) !== null,
    }),
  );
}

/** The report is a file that stands for itself; here it is a page among others. */
function withHeader(report: string, header: Markup): string {
  return report.replace(/<body>/, (body) => `${body}<style>${HEADER_STYLE}</style>${header}`);
}

function notYet({ id, workflowId, status, wholeResult }: RunView, what: string): AlpacaError {
  if (status === 'COMPLETED' && wholeResult === null)
    return new AlpacaError('NotFound', foundTooLittle(workflowId), {
      remedy: `A later run of its schedule that trains has its ${what}.`,
    });
  return new AlpacaError('NotFound', `The run ${id} has no ${what}.`, {
    remedy: 'It is written when the run completes.',
  });
}
