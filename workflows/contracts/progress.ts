import { z } from 'zod';
import { yieldCounts } from './generate.ts';
import { stageName } from './pipeline.ts';
import { roundTraffic } from './rounds.ts';
import { type TrainingFigures, trainingFigures } from './train.ts';

/** What the `progress` query of `alpaca` (and, with one stage, of each long step by itself) answers. */

const count = z.int().min(0);

/** A figure and its 95% interval. */
export const estimated = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
export type Estimated = z.infer<typeof estimated>;

export const forecast = z.strictObject({
  /**
   * `assumed`: nothing like it was run here; `recorded`: from an earlier run; `measured`: from this one;
   * `stage-measured`: its stage from this one, the stages to come as assumed
   */
  basis: z.enum(['assumed', 'recorded', 'measured', 'stage-measured']),
  /** how many requests it is measured on; 0 where assumed */
  measuredRequests: z.int(),
  /** the whole run's, what is done included */
  requests: estimated,
  promptTokens: estimated,
  completionTokens: estimated,
  costUsd: estimated,
  hours: estimated,
  /** seconds of generation still to come */
  secondsLeft: estimated,
});
export type Forecast = z.infer<typeof forecast>;

/** A count, the sum and the sum of squares of some figure: what its mean and spread are made of. */
export const sums = z.strictObject({ count: z.int(), sum: z.number(), squares: z.number() });
export type Sums = z.infer<typeof sums>;

/**
 * What was seen of requests whose rows were considered, in constant size however many they were: a
 * workflow carries it, and a store records it for later runs.
 */
export const observedRequests = z.strictObject({
  /** accepted rows of each request, by how far the pool had grown (`growthOf` in steps of `GROWTH_STEP`) */
  acceptedByGrowth: z.array(z.strictObject({ step: z.int(), accepted: sums })),
  promptTokens: sums,
  completionTokens: sums,
  /** what the ledger says the answers cost, whoever paid */
  costUsd: sums,
});
export type ObservedRequests = z.infer<typeof observedRequests>;

/** How fast the yield falls as the pool grows: the exponent of `yield-decline.ts`, and how sure it is. */
export const decline = z.strictObject({ mean: z.number(), standardDeviation: z.number() });
export type Decline = z.infer<typeof decline>;

export const stage = z.strictObject({
  name: stageName,
  state: z.enum(['waiting', 'running', 'done', 'skipped']),
  done: z.number(),
  /** 0 where it is not known yet */
  total: z.number(),
  unit: z.string(),
  /** one short line for a person: counts by rule, the latest loss */
  note: z.string(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
});
export type Stage = z.infer<typeof stage>;

/**
 * What a waiting run waits for: a person's `resume`, a higher budget, the teacher, the store or room on its disk,
 * or the end of whatever else lets a step fail however often it is tried.
 */
export const pauseKind = z.enum(['person', 'budget', 'teacher', 'storage', 'outage']);
export type PauseKind = z.infer<typeof pauseKind>;

/** Why a run waits, for programs and in words. */
export const pause = z.strictObject({ kind: pauseKind, reason: z.string() });
export type Pause = z.infer<typeof pause>;

export const BY_REQUEST: Readonly<Pause> = { kind: 'person', reason: 'by request' };

/** The latest training loss, and held-out loss before and after. */
export const lossFigures = z.strictObject({
  latest: z.number().nullable(),
  before: z.number().nullable(),
  after: z.number().nullable(),
});

export const progress = z.strictObject({
  state: z.enum(['running', 'paused', 'done']),
  stage: stageName,
  stages: z.array(stage),
  accepted: z.int(),
  target: z.int(),
  costUsd: z.number(),
  budgetUsd: z.number().nullable(),
  /** why the run waits; null while it does not */
  pauseReason: z.string().nullable(),
  pauseKind: pauseKind.nullable(),
  /** the latest training loss, and held-out loss before and after, nats per target token */
  loss: lossFigures,
  /** the figures of the latest training step that was reported; absent before */
  training: trainingFigures.optional(),
  /** seconds to the end of the running stage at its present pace; null where it cannot be told */
  etaSeconds: z.number().nullable(),
  /** what generation will take in all; null before it is estimated, and in steps without one */
  forecast: forecast.nullable().default(null),
});
export type Progress = z.infer<typeof progress>;

/** What a control update answers: the settings in force once the running child has taken them. */
export const controlState = z.strictObject({
  paused: z.boolean(),
  budgetUsd: z.number().nullable(),
  target: z.int(),
  concurrency: z.int(),
  stopEarly: z.boolean(),
});
export type ControlState = z.infer<typeof controlState>;

/** What an activity heartbeats: small, and the same for every step. The workflow UI shows it as it is. */
export interface StepProgress {
  done: number;
  total: number;
  unit: string;
  note?: string;
  /** of training: its latest step */
  figures?: TrainingFigures;
}

/** The settings that a run works by; `version` grows with each change. Continue-as-new hands them on. */
export const settingsInForce = z.strictObject({
  control: controlState,
  version: count,
  payer: z.string().optional().describe('Who pays, where it is the run that this is a part of'),
});
export type SettingsInForce = z.infer<typeof settingsInForce>;

const generateReport = z.strictObject({
  child: z.literal('generate'),
  /** of the settings that the step works by */
  version: count,
  accepted: count,
  requests: count,
  costUsd: z.number(),
  yield: yieldCounts,
  waitingFor: pause.nullable(),
  forecast: forecast.nullable().catch(null).describe('Null before it is estimated'),
  note: z.string().nullable().catch(null).describe('What its batch jobs are at, where it asks by them'),
});
export type GenerateReport = z.infer<typeof generateReport>;

const trainReport = z.strictObject({
  child: z.literal('train'),
  version: count,
  step: count,
  totalSteps: count,
  loss: z.number().nullable(),
  before: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
  figures: trainingFigures.nullable().catch(null).describe('Null before the first step'),
  round: z
    .strictObject({
      number: count,
      of: count,
      shards: count,
      traffic: roundTraffic.nullable().catch(null).describe('Of the round before; null in the first'),
    })
    .nullable()
    .describe('Which is trained, and in how many shards at once; null where one worker trains'),
  waitingFor: pause.nullable(),
});
export type TrainReport = z.infer<typeof trainReport>;

const evaluateReport = z.strictObject({
  child: z.literal('evaluate'),
  version: count,
  done: count,
  total: count,
  costUsd: z.number(),
  waitingFor: pause.nullable(),
});
export type EvaluateReport = z.infer<typeof evaluateReport>;

/** A child's counters on their way to its parent. */
const childReport = z.discriminatedUnion('child', [generateReport, trainReport, evaluateReport]);
export type ChildReport = z.infer<typeof childReport>;

/** A report with the run of the child that sends it: its parent may have been reset, and know of none. */
export const sentReport = z.strictObject({ runId: z.uuid(), report: childReport });
export type SentReport = z.infer<typeof sentReport>;
