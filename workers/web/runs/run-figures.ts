import { readFile } from 'node:fs/promises';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { readAccepted } from '../../../activities/generate/accept/accepted-state.ts';
import { type NewestRows, readNewest } from '../../../activities/generate/accept/newest.ts';
import { log } from '../../../activities/log.ts';
import type { Point } from '../../../activities/report/charts/charts.ts';
import { readMetrics, type StepMetrics } from '../../../activities/train/metrics.ts';
import { type WithinMs, watchMetrics } from '../../../activities/train/watched-metrics.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import { type RequestYield, requestYield } from '../../../workflows/contracts/generate.ts';
import type { RunView } from '../../runs/runs.ts';

/** What a run's page draws and shows: as the store has it, so a page that is opened late has all of it. */
export interface RunFigures {
  /** training loss by step, in nats a target token */
  loss: Point[];
  /** held-out loss by step, where it was measured on the way */
  heldOut: Point[];
  /** accepted rows by requests */
  accepted: Point[];
  /** dollars that the answers cost, whoever paid, by requests */
  cost: Point[];
  tokens: { prompt: number; completion: number };
  newest: Pick<NewestRows, 'accepted' | 'refused'>;
}

type Watched = Pick<RunView, 'workflow' | 'workflowId' | 'runId' | 'closedAt' | 'result' | 'progress'>;

/** However many look, the store is asked once in so long. */
const ASK_EVERY_MS = 5000;
/** Runs whose files are kept in memory. */
const MOST_KEPT = 20;

const NOTHING: RunFigures = {
  ...{ loss: [], heldOut: [], accepted: [], cost: [] },
  tokens: { prompt: 0, completion: 0 },
  newest: { accepted: [], refused: [] },
};

/** A page is shown without what the store does not give, and asks for it again. */
export function runFigures(store: ArtifactStore): (run: Watched) => Promise<RunFigures> {
  const kept = new Map<string, { at: number; isWhole: boolean; look: Look; found: Promise<RunFigures> }>();
  return (run) => {
    const name = `${run.workflowId} ${run.runId}`;
    const known = kept.get(name);
    const isWhole = run.result !== null;
    const isFresh = (one: { at: number }) => !isWhole && Date.now() - one.at < ASK_EVERY_MS;
    if (known?.isWhole || (known && isFresh(known))) return known.found;
    const look = known?.look ?? lookIn(store, run);
    const found = look(run).catch((error: unknown) => {
      log.write('debug', 'the figures of a run cannot be read', { error });
      kept.delete(name);
      return NOTHING;
    });
    kept.delete(name);
    kept.set(name, { at: Date.now(), isWhole, look, found });
    for (const oldest of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(oldest);
    return found;
  };
}

type Look = (run: Watched) => Promise<RunFigures>;

function lookIn(store: ArtifactStore, { workflow, workflowId }: Watched): Look {
  const of = (step: string) => (workflow === step ? workflowId : `${workflowId}/${step}`);
  const metrics = watchMetrics(store, of('train'));
  const rounds = new Map<string, RequestYield[]>();
  const linesOf = async (file: ArtifactReference) => {
    const lines = rounds.get(file.sha256) ?? (await readRows(await store.open(file), requestYield));
    rounds.set(file.sha256, lines);
    return lines;
  };
  return async ({ result, progress, closedAt }) => {
    // What is kept by the id of a workflow may be of an earlier run, or of a later one.
    const to = closedAt === null ? Number.POSITIVE_INFINITY : Date.parse(closedAt);
    const begun = (name: string) => {
      const { startedAt = null } = progress?.stages.find((stage) => stage.name === name) ?? {};
      return startedAt === null ? null : { from: Date.parse(startedAt), to };
    };
    const [generated, trained] = [begun('generate'), begun('train')];
    const found = generated && (await readNewest(store, of('generate')));
    const newest = generated && found && isWithin(Date.parse(found.at), generated) ? found : null;
    const whole = result?.generate.yieldByRequest ?? null;
    const files = whole ? [whole] : (await readAccepted(store, newest?.pool ?? null)).yields;
    const lines: RequestYield[] = [];
    for (const file of result !== null && whole === null ? [] : files) lines.push(...(await linesOf(file)));
    if (result !== null) rounds.clear();
    const steps = result
      ? readMetrics(await readFile(await store.open(result.train.metrics)))
      : trained
        ? await metrics(trained)
        : [];
    const { accepted = [], refused = [] } = newest ?? {};
    return { ...ofRequests(lines), ...ofSteps(steps), newest: { accepted, refused } };
  };
}

function isWithin(time: number, { from, to }: WithinMs): boolean {
  return from <= time && time <= to;
}

function ofRequests(lines: readonly RequestYield[]): Pick<RunFigures, 'accepted' | 'cost' | 'tokens'> {
  const accepted: Point[] = [];
  const cost: Point[] = [];
  const sum = { accepted: 0, costUsd: 0, prompt: 0, completion: 0 };
  for (const [index, line] of lines.entries()) {
    sum.accepted += line.accepted;
    sum.costUsd += line.costUsd;
    sum.prompt += line.promptTokens;
    sum.completion += line.completionTokens;
    accepted.push({ x: index + 1, y: sum.accepted });
    cost.push({ x: index + 1, y: sum.costUsd });
  }
  return { accepted, cost, tokens: { prompt: sum.prompt, completion: sum.completion } };
}

function ofSteps(steps: readonly StepMetrics[]): Pick<RunFigures, 'loss' | 'heldOut'> {
  return {
    loss: steps.map(({ step, loss }) => ({ x: step + 1, y: loss })),
    heldOut: steps.flatMap(({ step, heldOutLoss: y }) => (y === null ? [] : [{ x: step + 1, y }])),
  };
}
