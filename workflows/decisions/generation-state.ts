import type { ArtifactReference } from '../contracts/data.ts';
import type { GenerationTotals, YieldCounts } from '../contracts/generate.ts';
import type {
  AcceptRoundResult,
  AnswerRequestResult,
  CollectBatchResult,
  GenerationEstimate,
  SubmitBatchResult,
} from '../contracts/generate-activities.ts';
import type {
  ControlState,
  Forecast,
  ObservedRequests,
  SettingsInForce,
  Sums,
} from '../contracts/progress.ts';
import { refineForecast } from './forecast/refined-forecast.ts';
import { addTo, noSums } from './forecast/sums.ts';

/** Everything that a generation knows, and all that continue-as-new carries: counters and references. */
export interface GenerationState {
  startedAt: number;
  seedTasks: ArtifactReference;
  estimate: GenerationEstimate;
  pool: ArtifactReference | null;
  accepted: number;
  /** requests below this index were taken into the pool, or were read and gave nothing */
  taken: number;
  /** the next index to ask */
  next: number;
  /** answered indices from `taken` on */
  answered: number[];
  /** requests in a row, up to `taken`, with nothing accepted */
  emptyRequests: number;
  totals: GenerationTotals;
  yield: YieldCounts;
  /** what rounds saw of single requests; null before the first */
  observed: ObservedRequests | null;
  /** seconds of single requests: of those sent, and of those that the ledger answered */
  seconds: { sent: Sums; found: Sums };
}

/** What continue-as-new hands to the next run, and what a parent hands to a child: the settings in force. */
export interface GenerateCarried extends SettingsInForce {
  state?: GenerationState;
}

export const NO_YIELD: Readonly<YieldCounts> = {
  asked: 0,
  parsed: 0,
  malformed: 0,
  filtered: {},
  similar: 0,
  accepted: 0,
};

export function firstState(
  startedAt: number,
  seedTasks: ArtifactReference,
  estimate: GenerationEstimate,
): GenerationState {
  return {
    startedAt,
    seedTasks,
    estimate,
    pool: null,
    accepted: 0,
    taken: 0,
    next: 0,
    answered: [],
    emptyRequests: 0,
    totals: { prompts: 0, sent: 0, lost: 0, refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 },
    yield: { ...NO_YIELD, filtered: {} },
    observed: null,
    seconds: { sent: noSums(), found: noSums() },
  };
}

/** Requests from `taken` on that the target is expected to need: asking beyond them would pay for nothing. */
export function requestsNeeded(state: GenerationState, target: number): number {
  const perRequest = state.accepted > 0 ? state.accepted / state.taken : state.estimate.acceptedPerRequest;
  return Math.max(1, Math.ceil((target - state.accepted) / perRequest));
}

/** Books what one asking cost: what was sent at its price, what was lost at its worst case. */
export function bookAnswer({ totals }: GenerationState, result: AnswerRequestResult): void {
  totals.sent += result.sent;
  totals.lost += result.lost;
  totals.costUsd += result.costUsd + result.lostUsd;
  totals.promptTokens += result.promptTokens;
  totals.completionTokens += result.completionTokens;
  if (result.status === 'lost') return;
  totals.prompts += result.prompts;
  totals.refused += result.refused;
}

/** Books what one asking by the job cost; prompts and refusals once, when the last of its range is answered. */
export function bookJob(
  { totals }: GenerationState,
  { lost, lostUsd }: SubmitBatchResult,
  result: CollectBatchResult,
): void {
  totals.lost += lost + result.lost;
  totals.costUsd += lostUsd + result.lostUsd + result.costUsd;
  totals.sent += result.sent;
  totals.promptTokens += result.promptTokens;
  totals.completionTokens += result.completionTokens;
  if (result.missing > 0) return;
  totals.prompts += result.prompts;
  totals.refused += result.refused;
}

/** Books a round. Requests beyond those that it considered, where it was the last, are not of the run. */
export function bookRound(state: GenerationState, result: AcceptRoundResult): void {
  state.pool = result.pool;
  state.accepted = result.accepted;
  state.taken += result.requestsUsed;
  state.emptyRequests = result.emptyRequests;
  state.observed = result.observed;
  const { yield: total } = state;
  total.asked += result.yield.asked;
  total.parsed += result.yield.parsed;
  total.malformed += result.yield.malformed;
  total.similar += result.yield.similar;
  total.accepted += result.yield.accepted;
  for (const [filter, count] of Object.entries(result.yield.filtered)) {
    total.filtered[filter] = (total.filtered[filter] ?? 0) + count;
  }
}

/** Notes how long an answered request took, from its last asking on. */
export function bookSeconds(state: GenerationState, result: AnswerRequestResult, seconds: number): void {
  addTo(result.sent > 0 ? state.seconds.sent : state.seconds.found, seconds);
}

/** Seconds a request: of those that were sent, where there are any to go by. */
export function secondsOf({ seconds }: GenerationState): Sums {
  return seconds.sent.count >= 2 ? seconds.sent : seconds.found;
}

/** The forecast as it stands: the run's own from its first ten requests on, until then the estimate's. */
export function forecastNow(
  state: GenerationState,
  { target, concurrency }: ControlState,
  answeredAhead: number,
  now: number,
): Forecast {
  const { outlook } = state.estimate;
  if (state.observed === null) return outlook.forecast;
  const { promptTokens, completionTokens, costUsd } = state.totals;
  const refined = refineForecast({
    outlook,
    observed: state.observed,
    seconds: secondsOf(state),
    accepted: state.accepted,
    target,
    concurrency,
    answeredAhead,
    done: {
      requests: state.taken,
      ...{ promptTokens, completionTokens, costUsd },
      seconds: (now - state.startedAt) / 1000,
    },
  });
  return refined ?? outlook.forecast;
}

/** What dedupe has done so far, in one line. */
export function yieldNote(counts: YieldCounts): string {
  const filtered = Object.values(counts.filtered).reduce((sum, count) => sum + count, 0);
  return `${counts.similar} too similar, ${filtered} filtered, ${counts.malformed} malformed`;
}
