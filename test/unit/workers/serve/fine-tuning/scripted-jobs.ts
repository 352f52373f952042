import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { tokenReader } from '../../../../../workers/runs/access/tokens.ts';
import type { RunSource, RunView } from '../../../../../workers/runs/runs.ts';
import { workflowIdOf } from '../../../../../workers/runs/start-run.ts';
import type { RunSteering } from '../../../../../workers/runs/steering.ts';
import { routesOf } from '../../../../../workers/serve/fine-tuning/fine-tuning.ts';
import { Refused } from '../../../../../workers/serve/openai-errors.ts';
import { type ModelServer, startModelServer } from '../../../../../workers/serve/server.ts';
import { scriptedModels } from '../served-model.ts';

/** What was asked of the runs: a start's input, or the name of what else. */
export const asked: { what: string; id: string; input?: unknown; by: string }[] = [];

/** Runs that were started here; a test changes them. */
export const started = new Map<string, RunView>();

/** What the next start is refused with, if anything. */
export const refusal: { next: Error | null } = { next: null };

const AT = '2026-11-29T11:00:00.000Z';

function runOf(workflowId: string): RunView {
  return {
    ...{ id: workflowId, workflowId, runId: `run-of-${workflowId}`, workflow: 'alpaca', status: 'RUNNING' },
    ...{
      startedAt: AT,
      closedAt: null,
      stage: null,
      standing: 'running',
      accepted: null,
      heldOutLoss: null,
      winRate: null,
      costUsd: null,
    },
    ...{ startedBy: 'Ada', isForgotten: false, progress: null, unpolled: null, result: null },
    ...{ wholeResult: null, failure: null, updates: [] },
  };
}

const steering: RunSteering = {
  async start(visitor, { workflow, key, prefix, input }) {
    const id = workflowIdOf({ workflow, key, ...(prefix && { prefix }) }, visitor);
    const { next } = refusal;
    refusal.next = null;
    if (next !== null) throw next;
    asked.push({ what: 'start', id, input, by: visitor.name });
    if (!started.has(id)) started.set(id, runOf(id));
    return { workflow, workflowId: id, runId: `run-of-${id}` };
  },
  async estimate() {
    return { generation: null, evaluation: null, lines: [] };
  },
  async update(visitor, id, { name }) {
    asked.push({ what: name, id, by: visitor.name });
    const run = started.get(id);
    if (run) started.set(id, { ...run, standing: name === 'pause' ? 'paused' : 'running' });
    return null;
  },
  async cancel(visitor, id) {
    asked.push({ what: 'cancel', id, by: visitor.name });
    const run = started.get(id);
    if (run?.closedAt != null) throw new AlpacaError('UpdateRefused', `${id} has ended: ${run.status}.`);
    if (run) started.set(id, { ...run, status: 'CANCELLED', closedAt: '2026-11-29T12:00:00.000Z' });
  },
  async terminate() {},
};

const runs: RunSource = {
  async list({ prefix = '', after, limit = 100 } = {}) {
    const all = [...started.values()].filter(({ workflowId }) => workflowId.startsWith(prefix)).reverse();
    const from = after === undefined ? 0 : all.findIndex(({ runId }) => runId === after.runId) + 1;
    return all.slice(from, from + limit);
  },
  async view(id) {
    const run = started.get(id);
    if (run === undefined) throw new AlpacaError('NotFound', `There is no run ${id}.`);
    return run;
  },
  reachable: async () => true,
};

/** A model server with files and jobs over a store, whose runs are written down here. */
export function jobServer(store: ArtifactStore, token: string | null = null): Promise<ModelServer> {
  const routes = routesOf({
    ...{ store, runs, steering },
    async findBase(name) {
      if (name === 'absent') throw new Refused(404, 'There is no model absent here.', { param: 'model' });
      const isRandom = name === 'builtin';
      return { source: name, hasOwnForm: name === 'chatty', isRandom, maxPositions: 512 };
    },
  });
  return startModelServer({
    ...{ models: scriptedModels(['builtin'], () => ['Yes.']), host: '127.0.0.1', port: 0, token },
    fineTuning: { routes, visitorOf: tokenReader(store) },
  });
}
