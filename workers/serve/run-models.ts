import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { AlpacaError } from '../../activities/errors.ts';
import type { RunRecord } from '../../workflows/contracts/run/record.ts';
import { findRun, type KnownRun, type RunPlaces } from '../find-run.ts';
import { listRuns } from '../list-runs.ts';
import { baseOfRun, modelOfRun } from '../run-model.ts';
import { isUnanswered, UNANSWERED_MESSAGE } from '../unanswered.ts';
import { ModelsUnreachable } from './models.ts';
import type { KnownModel, ModelCatalog } from './models-on-demand.ts';
import { taughtBy } from './taught-rows.ts';

/** The model of this package, whose weights are random, to talk to beside a trained one. */
export const BUILTIN = 'builtin';

/** Behind the name of a run of `alpaca`: the model that it began with. */
const OF_BASE = '@base';

const TRAINS: ReadonlySet<string> = new Set(['alpaca', 'train']);

/** Runs that are offered; older ones can be asked for by name. */
const MOST_LISTED = 50;
const ANSWER_WITHIN_MS = 5000;
/** Bytes of a workflow id, beyond which the server refuses to look for it. */
const LONGEST_NAME = 1000;

/**
 * The trained models of the runs that a store or a server knows, each named as its workflow, the newest first; and
 * the built-in model beside it. Its calls throw ModelsUnreachable where Temporal does not answer, and the store has
 * no record of what is asked for.
 */
export function modelsOfRuns(client: Client, store: ArtifactStore): ModelCatalog {
  const places: RunPlaces = { client, store, server: 'the Temporal server' };
  const known = (name: string) => reaching(() => findRun(places, name)).catch(nullIfUnknown);
  /** The run that a name is of, and whether its base is meant. */
  async function runNamed(name: string): Promise<{ run: KnownRun | null; isBase: boolean }> {
    if (name === '' || Buffer.byteLength(name) > LONGEST_NAME) return { run: null, isBase: false };
    const run = name.endsWith(OF_BASE) ? await known(name.slice(0, -OF_BASE.length)) : null;
    return run === null ? { run: await known(name), isBase: false } : { run, isBase: true };
  }

  return {
    names: (without = new Set()) =>
      reaching(async () => {
        const repeats = new Set<string>();
        const { recorded, listed } = await listRuns<EndedRun>(store, {
          isListed: (record) => {
            if (isRepeat(record)) repeats.add(record.runId);
            const { type, status, runId } = record;
            return status === 'COMPLETED' && TRAINS.has(type) && !repeats.has(runId);
          },
          ofRecord: ({ workflowId, runId, closedAt }) => ({
            ...{ workflowId, runId, endedAt: Date.parse(closedAt) },
          }),
          onServer: () =>
            runsOnServer(client, (run) => !without.has(run.workflowId) && !repeats.has(run.runId)),
        });
        const runs = [...recorded, ...listed].sort((left, right) => right.endedAt - left.endedAt);
        const names = new Set(runs.map(({ workflowId }) => workflowId).filter((name) => !without.has(name)));
        const [newest, ...older] = [...names].slice(0, MOST_LISTED);
        return [...(newest === undefined ? [] : [newest]), BUILTIN, ...older];
      }),

    async folderOf(name) {
      if (name === BUILTIN) return builtinPath('tiny-model', 'en');
      const { run, isBase } = await runNamed(name);
      const found = run && (isBase ? baseOfRun(run) : modelOfRun(run));
      return found && 'result' in found ? store.open(found.result) : null;
    },

    async about(name): Promise<KnownModel | null> {
      if (name === BUILTIN) return { isMade: true, takesConversations: false, base: null, examples: [] };
      const { run, isBase } = await runNamed(name);
      if (run === null || !TRAINS.has(run.type)) return null;
      const isMade = 'result' in (isBase ? baseOfRun(run) : modelOfRun(run));
      if (!isMade && run.status !== 'RUNNING') return null;
      const taught = await taughtBy(run, store).catch(nullIfUnknown);
      const { takesConversations = false, examples = [] } = taught ?? {};
      if (isBase) return { isMade, takesConversations: false, base: null, examples };
      const base = 'result' in baseOfRun(run) ? `${name}${OF_BASE}` : null;
      return { isMade, takesConversations, base, examples };
    },
  };
}

/** A run that has a model. */
interface EndedRun {
  workflowId: string;
  runId: string;
  endedAt: number;
}

const ofRetraining = z.object({ retrain: z.object({ runId: z.string() }) });

/** A retraining that found nothing new has the result, and so the model, of another run; or none, where there was no other. */
function isRepeat({ runId, status, result }: RunRecord): boolean {
  const { data } = ofRetraining.safeParse(result);
  if (data === undefined) return status === 'COMPLETED' && result === null;
  return data.retrain.runId !== runId;
}

async function runsOnServer(client: Client, isListed: (run: EndedRun) => boolean): Promise<EndedRun[]> {
  const query = 'WorkflowType IN ("alpaca", "train") AND ExecutionStatus = "Completed"';
  const runs: EndedRun[] = [];
  await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    for await (const { workflowId, runId, closeTime, parentExecution } of client.workflow.list({ query })) {
      const run = { workflowId, runId, endedAt: closeTime?.getTime() ?? 0 };
      // A step of a run has the model of that run.
      if (parentExecution === undefined && isListed(run)) runs.push(run);
      if (runs.length === MOST_LISTED) break;
    }
  });
  return runs;
}

export function nullIfUnknown(error: unknown): null {
  if (error instanceof AlpacaError && error.code === 'NotFound') return null;
  throw error;
}

/** @throws ModelsUnreachable where Temporal does not answer */
export async function reaching<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw isUnanswered(error) ? new ModelsUnreachable(UNANSWERED_MESSAGE, { cause: error }) : error;
  }
}
