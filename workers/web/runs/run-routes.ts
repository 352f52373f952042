import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { annotation } from '../../../activities/evaluate/answers/model-outputs.ts';
import { REPORT_POLICY } from '../../../activities/report/page.ts';
import type { RunSource } from '../../runs/runs.ts';
import type { ShownRun } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { type PairsQuery, pairsPage } from './pairs-page.ts';
import { runListPage, runPage } from './run-pages.ts';
import { commandThatGoesOn, shownProgress, stateText } from './run-texts.ts';
import { startPage } from './start-page.ts';

/** A report is one file with its style and script inside; nothing else in it may run, and nothing fetch anything. */
const SERVED_REPORT_POLICY = `${REPORT_POLICY}; sandbox allow-scripts; frame-ancestors 'none'`;

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
    const { result } = await runs.view(workflowId);
    if (result === null) throw notYet(workflowId, 'report');
    const report = await readFile(await store.open(result.release.report));
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', SERVED_REPORT_POLICY)
      .send(report);
  });

  app.get<OfRun & { Querystring: PairsQuery }>(
    '/runs/:workflowId/pairs',
    async ({ params, query }, reply) => {
      const { id, result } = await runs.view(params.workflowId);
      if (result === null) throw notYet(params.workflowId, 'judged pairs');
      const { annotations } = result.evaluate;
      const pairs = await readRows(await store.open(annotations), annotation);
      return reply.type('text/html; charset=utf-8').send(pairsPage(id, pairs, query));
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

function notYet(workflowId: string, what: string): AlpacaError {
  return new AlpacaError('NotFound', `The run ${workflowId} has no ${what}.`, {
    remedy: 'It is written when the run completes.',
  });
}
