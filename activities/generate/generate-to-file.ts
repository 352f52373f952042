import { randomUUID } from 'node:crypto';
import type { FailureCode } from '../../workflows/contracts/failures.ts';
import {
  type GenerateInput,
  type GenerateResult,
  requestSettings,
} from '../../workflows/contracts/generate.ts';
import type { Forecast } from '../../workflows/contracts/progress.ts';
import { Budget } from '../../workflows/decisions/budget.ts';
import {
  budgetRequired,
  budgetTooSmall,
  type Explanation,
  nothingAccepted,
} from '../../workflows/decisions/generation-failures.ts';
import {
  bookRound,
  firstState,
  forecastNow,
  type GenerationState,
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
import { BatchQueue } from './batch/batch-queue.ts';
import { batchPlan, batchPrice } from './batch/job.ts';
import { type CostEstimate, estimateGeneration } from './estimate.ts';
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
  const run = await openRun(input, sources, attempt);
  const estimate = estimateGeneration({
    settings: run.settings,
    prompts: run.prompts,
    target: input.target,
    concurrency: input.concurrency,
    price: batchPrice(run.profile),
    recorded: await readRecordedYield(store, { ...run, threshold: input.threshold }),
  });
  requireBudget(input, estimate);
  await watcher.estimated?.(estimate);
  const batch = batchPlan(run.profile, run.prompts, input.promptsPerRequest);
  const state = firstState(Date.now(), run.settings.seedTasks, { ...estimate, batch });
  const queue = openSupply(input, run, state, attempt, watcher.retrying);
  const stopReason = await acceptRounds(input, { run, state, queue }, watcher, store, attempt).finally(() =>
    queue.close(),
  );
  if (state.pool === null || state.accepted === 0)
    throw failureOf('NothingAccepted', nothingAccepted(input, state));
  return generated(state, stopReason, await gatherAccepted(state.pool, store, attempt.signal));
}

/** The teacher is asked as its profile says: by the job, or each request by itself. */
function openSupply(
  input: GenerateInput,
  run: GenerationRun,
  state: GenerationState,
  attempt: Attempt,
  retrying?: RetryTeller,
): RequestSupply {
  const name = `file-${randomUUID()}`;
  const { budgetUsd } = input;
  const { batch } = state.estimate;
  return batch === null
    ? new RequestQueue(run, state, name, input, new SharedBudget(budgetUsd), attempt.signal, retrying)
    : new BatchQueue(run, state, batch, name, input, new Budget(() => budgetUsd), attempt, retrying);
}

async function openRun(input: GenerateInput, sources: GenerationSources, attempt: Attempt) {
  const { runSeed, language, seedTasks: source } = input;
  const seeds = { runSeed, language, seedTasks: source, evaluationInstructions: 'builtin' };
  const { seedTasks } = await sampleSeeds(seeds, sources, attempt);
  return createRunOpener(sources)(requestSettings(input, seedTasks));
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
    if (told || forecast?.basis !== 'measured') return;
    told = true;
    tell(forecast);
  };
}

function requireBudget(input: GenerateInput, estimate: CostEstimate): void {
  const { budgetUsd } = input;
  if (estimate.free) return;
  if (budgetUsd === null) throw failureOf('BudgetRequired', budgetRequired(input, estimate));
  if (budgetUsd < estimate.worstCaseRequestUsd)
    throw failureOf('BudgetRequired', budgetTooSmall(input, estimate));
}

function failureOf(code: FailureCode, { message, remedy }: Explanation): AlpacaError {
  return new AlpacaError(code, message, { remedy });
}
