import {
  BY_REQUEST,
  type ControlState,
  type Pause,
  type Progress,
  type Stage,
} from '../contracts/progress.ts';
import { etaSeconds, type StageTable } from './stage-table.ts';

/**
 * What a step that costs money, and trains nothing, answers to `progress`.
 *
 * @param table of the one stage
 * @param waitingFor null where it does not wait of itself
 */
export function stepProgress(
  table: StageTable,
  stage: Stage['name'],
  { paused, budgetUsd }: ControlState,
  costUsd: number,
  waitingFor: Pause | null,
): Progress {
  const [running] = table.stages;
  const pause = waitingFor ?? (paused ? BY_REQUEST : null);
  return {
    state: running?.state === 'done' ? 'done' : pause !== null ? 'paused' : 'running',
    stage,
    stages: table.stages,
    accepted: 0,
    target: 0,
    costUsd,
    budgetUsd,
    pauseReason: pause?.reason ?? null,
    pauseKind: pause?.kind ?? null,
    loss: { latest: null, before: null, after: null },
    etaSeconds: etaSeconds(running, new Date()),
    forecast: null,
  };
}
