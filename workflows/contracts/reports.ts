import type { YieldCounts } from './generate.ts';
import type { ControlState, Forecast, Pause } from './progress.ts';
import type { TrainingFigures } from './train.ts';

/** What a run and the steps that it has started say to each other, by signals. */

/** The settings that a run works by; `version` grows with each change. Continue-as-new hands them on. */
export interface SettingsInForce {
  control: ControlState;
  version: number;
}

/** Counters, and the version of the settings that the step works by. */
export type ChildReport = GenerateReport | TrainReport | EvaluateReport;

export interface GenerateReport {
  child: 'generate';
  version: number;
  accepted: number;
  requests: number;
  costUsd: number;
  yield: YieldCounts;
  waitingFor: Pause | null;
  /** null before it is estimated */
  forecast: Forecast | null;
}

export interface TrainReport {
  child: 'train';
  version: number;
  step: number;
  totalSteps: number;
  loss: number | null;
  before: number | null;
  tokensPerSecond: number | null;
  /** null before the first step */
  figures: TrainingFigures | null;
  /** which round is trained, and in how many shards at once; null where one worker trains */
  round: { number: number; of: number; shards: number } | null;
  waitingFor: Pause | null;
}

export interface EvaluateReport {
  child: 'evaluate';
  version: number;
  done: number;
  total: number;
  waitingFor: Pause | null;
}
