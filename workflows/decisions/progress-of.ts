import type { StageName } from '../contracts/pipeline.ts';
import type { Forecast } from '../contracts/progress.ts';
import {
  BY_REQUEST,
  type ControlState,
  type Pause,
  type PauseKind,
  type Progress,
} from '../contracts/progress.ts';
import type { TrainingFigures } from '../contracts/train.ts';
import { createStageTable, etaSeconds, type StageTable } from './stage-table.ts';

/** Where a workflow stands, whichever it is; what it does not have is left out. */
export interface Standing extends Partial<Pick<Progress, 'accepted' | 'target' | 'costUsd' | 'loss'>> {
  table: StageTable;
  control: Pick<ControlState, 'paused' | 'budgetUsd'>;
  /** why it waits of itself; null while it does not */
  waitsFor: Pause | null;
  training?: TrainingFigures | null;
  forecast?: Forecast | null;
}

/** What `progress` answers, of a run and of each of its steps alike. */
export function progressOf(standing: Standing, now: Date): Progress {
  const { table, control, waitsFor, training, forecast = null } = standing;
  const { stages } = table;
  const stage = table.current();
  const pause = pauseOf(control.paused, waitsFor);
  const isDone = stages.every(({ state }) => state === 'done');
  return {
    state: isDone ? 'done' : pause === null ? 'running' : 'paused',
    stage,
    stages,
    accepted: standing.accepted ?? 0,
    target: standing.target ?? 0,
    costUsd: standing.costUsd ?? 0,
    budgetUsd: control.budgetUsd,
    pauseReason: pause?.reason ?? null,
    pauseKind: pause?.kind ?? null,
    loss: standing.loss ?? { latest: null, before: null, after: null },
    ...(training && { training }),
    etaSeconds:
      forecast?.secondsLeft.value ??
      etaSeconds(
        stages.find(({ name }) => name === stage),
        now,
      ),
    forecast,
  };
}

/**
 * A run's progress with that of its running step, asked by itself: what a run knows of its step is as old as the last
 * report. When stages begin and end, and why the run waits, the run knows best.
 */
export function withStep(run: Progress, step: Progress): Progress {
  const stages = run.stages.map((stage) => {
    const own = step.stages.find(({ name }) => name === stage.name);
    if (own === undefined) return stage;
    const { done, total, unit, note } = own;
    return { ...stage, done, unit, note, total: total || stage.total };
  });
  const found = { ...run, stages, etaSeconds: step.etaSeconds };
  if (run.stage === 'generate')
    return { ...found, accepted: step.accepted, costUsd: step.costUsd, forecast: step.forecast };
  if (run.stage !== 'train') return found;
  const { training = run.training } = step;
  return { ...found, loss: step.loss, ...(training && { training }) };
}

/** What an open workflow is found by: `running`, `paused` by a person, or `waiting: budget` and the like. */
export function openState(pauseKind: PauseKind | null): string {
  if (pauseKind === null) return 'running';
  return pauseKind === 'person' ? 'paused' : `waiting: ${pauseKind}`;
}

/** Of a workflow that has not begun. */
export function progressAtFirst(
  stages: readonly StageName[],
  standing: Omit<Standing, 'table' | 'waitsFor'>,
  now: Date,
): Progress {
  return progressOf({ ...standing, table: createStageTable(stages), waitsFor: null }, now);
}

/**
 * What has to be done first. A person's pause comes before anything else that a run waits for: while it
 * holds, nothing new starts, so money that is added, a teacher who is back or room on a disk change nothing;
 * and whoever paused the run is the one who knows why. What it waits for beside that is in the words.
 */
function pauseOf(paused: boolean, waitsFor: Pause | null): Pause | null {
  if (!paused) return waitsFor;
  if (waitsFor === null) return BY_REQUEST;
  return { kind: BY_REQUEST.kind, reason: `${BY_REQUEST.reason}; and after resume: ${waitsFor.reason}` };
}
