import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../contracts/data.ts';
import {
  type EndedStage,
  endedStage,
  type GenerateInput,
  type GenerateResult,
  type GenerationTotals,
  generationTotals,
  requestSettings,
  yieldCounts,
} from '../contracts/generate.ts';
import {
  type AcceptRoundResult,
  type AnswerRequestResult,
  type CollectBatchResult,
  type GatheredRows,
  type GatherInput,
  type GenerationEstimate,
  generationEstimate,
  type SubmitBatchResult,
} from '../contracts/generate-activities.ts';
import { observedRequests, sums } from '../contracts/progress.ts';
import { generationStage, type StageAt, stageAfter } from '../contracts/run/stages.ts';
import { addTo, noSums } from './forecast/sums.ts';
import { reachedShares } from './screen/shares.ts';
import { mergeYield, noYield } from './yield-counts.ts';

const count = z.int().min(0);

/**
 * The books of a generation, whoever drives it: everything that it knows, and all that continue-as-new hands
 * over. Counters and references.
 */
export const generationState = z.strictObject({
  startedAt: z.number(),
  seedTasks: artifactReference,
  estimate: generationEstimate,
  stage: generationStage.nullable(),
  /** what the stage before this one gave */
  tasks: artifactReference.nullable(),
  earlier: z.array(endedStage),
  /** an earlier stage was told to end early: that is done, and this one is not meant */
  stoppedBefore: z.boolean(),
  pool: artifactReference.nullable(),
  accepted: count,
  /** requests below this index were taken into the pool, or were read and gave nothing */
  taken: count,
  /** the next index to ask */
  next: count,
  /** answered indices from `taken` on */
  answered: z.array(count),
  /** requests in a row, up to `taken`, with nothing accepted */
  emptyRequests: count,
  totals: generationTotals,
  /** what the budget had learnt when it was handed over (`budget.ts`) */
  overrun: z.number().min(1).default(1),
  yield: yieldCounts,
  /** what rounds saw of single requests; null before the first */
  observed: observedRequests.nullable(),
  /** rows by each language and class that has a share */
  byShare: z.record(z.string(), count),
  /** seconds of single requests that were sent; what the ledger answers at once says nothing of the teacher */
  seconds: sums,
});
export type GenerationState = z.infer<typeof generationState>;

export function firstState(
  startedAt: number,
  seedTasks: ArtifactReference,
  estimate: GenerationEstimate,
  { stage, tasks }: StageAt = { stage: null, tasks: null },
): GenerationState {
  return {
    startedAt,
    seedTasks,
    estimate,
    stage,
    tasks,
    earlier: [],
    stoppedBefore: false,
    pool: null,
    accepted: 0,
    taken: 0,
    next: 0,
    answered: [],
    emptyRequests: 0,
    totals: noTotals(),
    overrun: 1,
    yield: noYield(),
    observed: null,
    byShare: {},
    seconds: noSums(),
  };
}

function noTotals(): GenerationTotals {
  return { prompts: 0, sent: 0, lost: 0, refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
}

/**
 * Books what one asking cost: what was sent at its price, what was lost at its worst case.
 *
 * @returns dollars that it cost
 */
export function bookAnswer(state: GenerationState, result: AnswerRequestResult): number {
  return book(state, result, result.costUsd + result.lostUsd, result.status === 'answered');
}

/**
 * Books what one asking by the job cost; prompts and refusals once, when the last of its range is answered.
 *
 * @returns dollars that it cost
 */
export function bookJob(
  state: GenerationState,
  { lost, lostUsd }: Pick<SubmitBatchResult, 'lost' | 'lostUsd'>,
  result: CollectBatchResult,
): number {
  state.totals.lost += lost;
  return book(state, result, lostUsd + result.lostUsd + result.costUsd, result.missing === 0);
}

function book(
  state: GenerationState,
  result: AnswerRequestResult | CollectBatchResult,
  costUsd: number,
  answered: boolean,
): number {
  const { totals } = state;
  totals.sent += result.sent;
  totals.lost += result.lost;
  totals.costUsd += costUsd;
  totals.promptTokens += result.promptTokens;
  totals.completionTokens += result.completionTokens;
  if (result.misstated) totals.misstated = (totals.misstated ?? 0) + result.misstated;
  if (answered) {
    totals.prompts += result.prompts;
    totals.refused += result.refused;
  }
  return costUsd;
}

/**
 * Books a round. Requests beyond those that it considered, where it was the last, are not of the run.
 *
 * @returns why generation ends with it; null where it goes on
 */
export function bookRound(
  state: GenerationState,
  result: AcceptRoundResult,
): 'target' | 'yield-collapsed' | null {
  state.pool = result.pool;
  state.accepted = result.accepted;
  state.taken += result.requestsUsed;
  state.emptyRequests = result.emptyRequests;
  state.observed = result.observed;
  state.yield = mergeYield(state.yield, result.yield);
  for (const [name, rows] of Object.entries(result.byShare))
    state.byShare[name] = (state.byShare[name] ?? 0) + rows;
  if (result.outcome === 'continue') return null;
  return result.outcome === 'target' ? 'target' : 'yield-collapsed';
}

export function generated(
  input: GenerateInput,
  state: GenerationState,
  stopReason: GenerateResult['stopReason'],
  gathered: GatheredRows,
): GenerateResult {
  const { totals, earlier, byShare } = state;
  const { data, files } = gathered;
  const shares = reachedShares(input, byShare);
  const requests = requestsTaken(state);
  const selfInstruct = files && { stages: earlier, files };
  const last = endedNow(state, stopReason, gathered);
  const ended = earlier.find((stage) => stage.stopReason !== 'target')?.stopReason ?? stopReason;
  // Of conversations the figures are those of their first turn, by which the target counts.
  const [rows = last, ...turns] = selfInstruct === null ? [...earlier, last] : [];
  const { yield: counts, yieldByRequest } = rows;
  return {
    data,
    stopReason: ended,
    requests,
    ...totals,
    yield: counts,
    yieldByRequest,
    selfInstruct,
    turns,
    shares,
  };
}

function endedNow(
  { stage, taken: requests, yield: counts }: GenerationState,
  stopReason: EndedStage['stopReason'],
  { data, yieldByRequest }: GatheredRows,
): EndedStage {
  return { stage: stage ?? 'rows', data, stopReason, requests, yield: counts, yieldByRequest };
}

/**
 * Ends a stage: the state is that of the next one. What is spent, lost and learnt stays.
 *
 * @param stoppedBefore it ended because somebody said so
 * @returns false where it was the last, which changes nothing
 */
export function enterNextStage(
  input: GenerateInput,
  state: GenerationState,
  stopReason: EndedStage['stopReason'],
  gathered: GatheredRows,
  stoppedBefore: boolean,
): boolean {
  const next = stageAfter(input, state.stage, gathered.data);
  if (next === null) return false;
  Object.assign(state, {
    ...next,
    earlier: [...state.earlier, endedNow(state, stopReason, gathered)],
    stoppedBefore: state.stoppedBefore || stoppedBefore,
    ...{ pool: null, accepted: 0, taken: 0, next: 0, answered: [], emptyRequests: 0 },
    ...{ yield: noYield(), observed: null, seconds: noSums() },
  } satisfies Partial<GenerationState>);
  return true;
}

/** What the rows of a stage are gathered by; files are made with the last. */
export function gathering(
  state: GenerationState,
  pool: ArtifactReference,
  input: GenerateInput,
): GatherInput {
  if (state.stage !== 'instances') return { pool, selfInstruct: null };
  const settings = requestSettings(input, state.seedTasks, state);
  const { tokenization } = input;
  return { pool, selfInstruct: { settings, tokenization, requests: state.taken } };
}

/** Requests of all stages that rounds have taken. */
export function requestsTaken(state: GenerationState | undefined): number {
  return state ? state.earlier.reduce((sum, { requests }) => sum + requests, state.taken) : 0;
}

/** Instructions accepted so far: what the target counts. */
export function acceptedInstructions({ earlier, accepted }: GenerationState): number {
  return earlier[0]?.data.rows ?? accepted;
}

/** Rows that exist, in place of generating: each counts as asked for, parsed and accepted, so that sums hold. */
export function imported(data: ArtifactReference): GenerateResult {
  const { rows } = data;
  return {
    data,
    stopReason: 'imported',
    requests: 0,
    ...noTotals(),
    yield: { ...noYield(), asked: rows, parsed: rows, accepted: rows },
    yieldByRequest: null,
    selfInstruct: null,
    turns: [],
    shares: [],
  };
}

/** Notes how long an answered request took, from its last asking on. */
export function bookSeconds(state: GenerationState, result: AnswerRequestResult, seconds: number): void {
  if (result.sent > 0) addTo(state.seconds, seconds);
}
