import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import type { Visitor } from '../../../../../workers/runs/access/visitor.ts';
import type { RunSource, RunView } from '../../../../../workers/runs/runs.ts';
import type { RunSteering } from '../../../../../workers/runs/steering.ts';
import { createWebService, type WebService } from '../../../../../workers/web/server.ts';
import { scriptedRatings } from '../scripted-ratings.ts';

/** What was asked of the runs, and by whom. */
export const asked: ({ visitor: Visitor; reason?: string } & Record<string, unknown>)[] = [];

const steering: RunSteering = {
  async start(visitor, request) {
    asked.push({ visitor, ...request });
    return { workflow: request.workflow, workflowId: `${request.workflow}-1`, runId: 'first' };
  },
  async estimate(visitor, input) {
    asked.push({ visitor, input });
    return { generation: null, evaluation: null, lines: ['It costs nothing.'] };
  },
  async update(visitor, run, request) {
    asked.push({ visitor, run, ...request });
    return { paused: false, budgetUsd: null, target: 5, concurrency: 1, stopEarly: false };
  },
  async cancel(visitor, run) {
    asked.push({ visitor, run });
  },
  async terminate(visitor, run, reason) {
    asked.push({ visitor, run, reason });
  },
};

const run: RunView = {
  ...{ id: 'x', workflowId: 'x', runId: 'first', workflow: 'alpaca', status: 'RUNNING' },
  ...{ startedAt: '2026-11-29T11:00:00.000Z', closedAt: null, stage: 'train', standing: 'running' },
  ...{ heldOutLoss: null, winRate: null },
  ...{ accepted: 5, costUsd: 0, startedBy: 'Ada', isForgotten: false, progress: null, unpolled: null },
  ...{ result: null, wholeResult: null, failure: null },
  updates: [{ what: 'pause', by: 'Ben', at: '2026-11-29T12:00:00.000Z' }],
};

/** The run `followed`: a test ends it. */
export const openRun: { closedAt: string | null } = { closedAt: null };

/** How far the run `growing` is: a test says. */
export const growingRun: Pick<RunView, 'progress'> = { progress: null };

/** What the run `done` came to: a test says. */
export const completedRun: Pick<RunView, 'result'> = { result: null };

export const scriptedRuns: RunSource = {
  list: async ({ after, limit = 100 } = {}) => {
    const second = { ...run, runId: 'second', startedAt: '2026-11-29T12:00:00.000Z' };
    return (after === undefined ? [second, run] : [run]).slice(0, limit);
  },
  view: async (id) => {
    if (id === 'absent') throw new AlpacaError('NotFound', 'There is no run absent.');
    const named = { ...run, id, workflowId: id };
    if (id === 'followed') return { ...named, ...openRun };
    if (id === 'growing') return { ...named, ...growingRun };
    if (id === 'done')
      return { ...named, ...completedRun, status: 'COMPLETED', closedAt: '2026-11-29T13:00:00.000Z' };
    if (id === 'empty') return { ...named, status: 'COMPLETED', closedAt: '2026-11-29T13:00:00.000Z' };
    if (id !== 'ended') return named;
    return { ...named, workflow: 'train', status: 'COMPLETED', wholeResult: { steps: 3 } };
  },
  reachable: async () => true,
};

/** A web service whose runs are written down here, and whose steering is noted in `asked`. */
export function apiService(store: ArtifactStore, change: Partial<WebService>): Promise<FastifyInstance> {
  const place = { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null, chatUrl: null };
  return createWebService({
    ...{ runs: scriptedRuns, steering, ratings: scriptedRatings(null), store, place },
    ...{ host: '127.0.0.1', token: null, ratersToken: null },
    ...change,
  });
}
