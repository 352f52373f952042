import { randomUUID } from 'node:crypto';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { FailureCode } from '../../workflows/contracts/failures.ts';
import {
  type GenerateInput,
  type GenerateResult,
  requestSettings,
} from '../../workflows/contracts/generate.ts';
import type { GenerationEstimate } from '../../workflows/contracts/generate-activities.ts';
import type { Forecast } from '../../workflows/contracts/progress.ts';
import { Budget } from '../../workflows/decisions/budget.ts';
import { forecastNow } from '../../workflows/decisions/forecast/forecast-now.ts';
import { heldBackAtFirst, heldBackUsd } from '../../workflows/decisions/forecast/later-stages.ts';
import {
  budgetRequired,
  budgetTooSmall,
  type Explanation,
  nothingAccepted,
} from '../../workflows/decisions/generation-failures.ts';
import {
  bookRound,
  enterNextStage,
  firstState,
  type GenerationState,
  gathering,
  generated,
  imported,
} from '../../workflows/decisions/generation-state.ts';
import { nextRound, nextRoundSize } from '../../workflows/decisions/next-round.ts';
import type { Attempt } from '../attempt.ts';
import { createPool } from '../dedupe/corpus/pool.ts';
import { AlpacaError } from '../errors.ts';
import { sampleSeeds } from '../sample/sample-seeds.ts';
import { SharedBudget } from '../teacher/profile/budget.ts';
import type { RetryTeller } from '../teacher/until-it-passes.ts';
import { createWarmPools } from './accept/accepted-pool.ts';
import { gatherAccepted } from './accept/gather.ts';
import { readRecordedYield } from './accept/recorded-yield.ts';
import { acceptRound } from './accept/round.ts';
import type { CostEstimate } from './assumptions.ts';
import { BatchQueue } from './batch/batch-queue.ts';
import { batchPlan, batchPrice } from './batch/job.ts';
import { estimateGeneration } from './estimate.ts';
import { createRunOpener, type GenerationRun, type GenerationSources } from './generation-run.ts';
import { importRows } from './import-rows.ts';
import { RequestQueue } from './request-queue.ts';
import type { RequestSupply } from './request-supply.ts';

export interface GenerationWatcher {
  /** nothing is sent before this is done */
  estimated?(estimate: CostEstimate): void | Promise<void>;
  refined?(forecast: Forecast): void;
  retrying?: RetryTeller;
}

/**
 * The `generate` workflow's whole loop without a server: the same prompts, ledger, rounds and data. A run
 * that was stopped or failed goes on from its ledger when it is started again. Where the next request
 * might pass the budget it ends with what is accepted so far, as `stopped-early`.
 *
 * @param watcher is told what to expect: before the first request is sent, and once it is measured
 * @throws AlpacaError BudgetRequired where the teacher costs money and the input has no budget, or one that
 *   covers no request; NothingAccepted
 */
export async function generateToFile(
  input: GenerateInput,
  sources: GenerationSources,
  attempt: Attempt,
  watcher: GenerationWatcher = {},
): Promise<GenerateResult> {
  const { store } = sources;
  if (input.from !== null) return imported(await importRows(input.from, store, attempt));
  const openRun = createRunOpener(sources);
  const seedTasks = await storeSeedTasks(input, sources, attempt);
  const run = await openRun(requestSettings(input, seedTasks));
  const estimate = await estimateOf(run, input, input.target, store);
  requireBudget(input, estimate);
  await watcher.estimated?.(estimate);
  const state = firstState(Date.now(), seedTasks, estimate, run.settings);
  const supplyFor = openSupplies(input, state, attempt, watcher.retrying);
  for (let stage = run; ; ) {
    const queue = supplyFor(stage);
    const driven = { run: stage, state, queue };
    const stopReason = await acceptRounds(input, driven, watcher, store, attempt).finally(() =>
      queue.close(),
    );
    if (state.pool === null || state.accepted === 0)
      throw failureOf('NothingAccepted', nothingAccepted(input, state));
    const gathered = await gatherAccepted(gathering(state, state.pool, input), openRun, store, attempt);
    if (!enterNextStage(input, state, stopReason, gathered, false))
      return generated(input, state, stopReason, gathered);
    stage = await openRun(requestSettings(input, seedTasks, state));
    state.estimate = await estimateOf(stage, input, gathered.data.rows, store);
  }
}

async function estimateOf(
  run: GenerationRun,
  { concurrency, threshold, promptsPerRequest }: GenerateInput,
  target: number,
  store: GenerationSources['store'],
): Promise<GenerationEstimate> {
  const { settings, prompts, profile } = run;
  const recorded = await readRecordedYield(store, { settings, profile, threshold });
  const price = batchPrice(profile);
  const estimate = estimateGeneration({ settings, prompts, target, concurrency, price, recorded });
  return { ...estimate, batch: batchPlan(profile, prompts, promptsPerRequest) };
}

/** The teacher is asked as its profile says: by the job, or each request by itself; all stages from one budget. */
function openSupplies(
  input: GenerateInput,
  state: GenerationState,
  attempt: Attempt,
  retrying?: RetryTeller,
): (run: GenerationRun) => RequestSupply {
  const name = `file-${randomUUID()}`;
  const { budgetUsd } = input;
  const heldBack = () => heldBackUsd(state);
  const budget = new SharedBudget(budgetUsd, 0, heldBack);
  const budgetOfJobs = new Budget(() => budgetUsd, 0, 1, heldBack);
  return (run) => {
    const { batch } = state.estimate;
    return batch === null
      ? new RequestQueue(run, state, name, input, budget, attempt.signal, retrying)
      : new BatchQueue(run, state, batch, name, input, budgetOfJobs, attempt, retrying);
  };
}

async function storeSeedTasks(
  { runSeed, language, languages, seedTasks: source }: GenerateInput,
  sources: GenerationSources,
  attempt: Attempt,
): Promise<ArtifactReference> {
  const seeds = { runSeed, language, languages, seedTasks: source, evaluationInstructions: 'builtin' };
  return (await sampleSeeds(seeds, sources, attempt)).seedTasks;
}

/** Asks and accepts round by round, until the target, the collapse or the budget. */
async function acceptRounds(
  input: GenerateInput,
  { run, state, queue }: { run: GenerationRun; state: GenerationState; queue: RequestSupply },
  watcher: GenerationWatcher,
  store: GenerationSources['store'],
  attempt: Attempt,
): Promise<GenerateResult['stopReason']> {
  const { target } = input;
  const pools = createWarmPools(store, createPool);
  const refined = once((forecast: Forecast) => watcher.refined?.(forecast));
  try {
    for (;;) {
      const requests = nextRoundSize(state, input, target);
      const answered = await queue.answeredInRow(requests);
      const round = nextRound(state, answered, input, target);
      const ended = bookRound(
        state,
        await acceptRound(round, await run.seeing(state.pool), store, pools, attempt),
      );
      const { accepted, taken } = state;
      attempt.report({ done: accepted, total: target, unit: 'accepted', note: `${taken} requests` });
      if (ended !== null) return ended;
      refined(forecastNow(state, input, Math.max(0, queue.answered - taken), Date.now()));
      if (answered < requests) return 'stopped-early';
    }
  } finally {
    await pools.close();
  }
}

/** Passes on the first forecast that was measured. */
function once(tell: (forecast: Forecast) => void): (forecast: Forecast | null) => void {
  let told = false;
  return (forecast) => {
    if (told || forecast === null || forecast.measuredRequests === 0 || forecast.basis === 'recorded') return;
    told = true;
    tell(forecast);
  };
}

function requireBudget(input: GenerateInput, estimate: CostEstimate): void {
  const { budgetUsd } = input;
  if (estimate.free) return;
  if (budgetUsd === null) throw failureOf('BudgetRequired', budgetRequired(input, estimate));
  const heldBack = heldBackAtFirst(estimate);
  if (budgetUsd < estimate.worstCaseRequestUsd + heldBack)
    throw failureOf('BudgetRequired', budgetTooSmall(input, estimate, heldBack));
}

function failureOf(code: FailureCode, { message, remedy }: Explanation): AlpacaError {
  return new AlpacaError(code, message, { remedy });
}
