import { randomUUID } from 'node:crypto';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { GenerateInput, GenerateResult } from '../../workflows/contracts/generate.ts';
import { requestSettings } from '../../workflows/contracts/generate.ts';
import type { GenerationEstimate } from '../../workflows/contracts/generate-activities.ts';
import type { Forecast } from '../../workflows/contracts/progress.ts';
import { tokenizationFor } from '../../workflows/contracts/run.ts';
import {
  REFINED_AFTER_REQUESTS,
  refineForecast,
} from '../../workflows/decisions/forecast/refined-forecast.ts';
import { collapseReason, mostFrequentLoss } from '../../workflows/decisions/yield-text.ts';
import type { Attempt } from '../attempt.ts';
import { createPool } from '../dedupe/corpus/pool.ts';
import { AlpacaError } from '../errors.ts';
import { sampleSeeds } from '../sample/sample-seeds.ts';
import { createBudget } from '../teacher/budget.ts';
import type { RetryTeller } from '../teacher/until-it-passes.ts';
import { createWarmPools } from './accept/accepted-pool.ts';
import { gatherAccepted } from './accept/gather.ts';
import { readRecordedYield } from './accept/recorded-yield.ts';
import { acceptRound } from './accept/round.ts';
import { mergeYield, noYield } from './accept/yield.ts';
import { BatchQueue } from './batch/batch-queue.ts';
import { batchPlan, batchPrice } from './batch/job.ts';
import { estimateGeneration } from './estimate.ts';
import { createRunOpener, type GenerationRun, type GenerationSources } from './generation-run.ts';
import { importRows } from './import-rows.ts';
import { RequestQueue } from './request-queue.ts';
import { noTotals, type RequestSupply } from './request-supply.ts';

export interface GenerationWatcher {
  /** nothing is sent before this is done */
  estimated?(estimate: GenerationEstimate): void | Promise<void>;
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
  const queue = openSupply(input, run, estimate, attempt, watcher.retrying);
  const { pool, accepted, ...ended } = await acceptRounds(
    input,
    run,
    queue,
    { estimate, watcher },
    sources,
    attempt,
  ).finally(() => queue.close());
  if (accepted === 0) throw nothingAccepted(input, ended);
  return { ...(await gatherAccepted(pool, store, attempt.signal)), ...ended, ...queue.totals };
}

/** The teacher is asked as its profile says: by the job, or each request by itself. */
function openSupply(
  input: GenerateInput,
  run: GenerationRun,
  { worstCaseRequestUsd: worstCaseUsd }: GenerationEstimate,
  attempt: Attempt,
  retrying?: RetryTeller,
): RequestSupply {
  const name = `file-${randomUUID()}`;
  const budget = createBudget(input.budgetUsd);
  const plan = batchPlan(run.profile, run.prompts, input.promptsPerRequest);
  if (plan !== undefined) return new BatchQueue(run, plan, name, { budget, worstCaseUsd }, attempt);
  const { concurrency, roundSize } = input;
  const ahead = Math.max(2 * roundSize, 2 * concurrency);
  return new RequestQueue(run, name, { budget, worstCaseUsd, concurrency, ahead }, attempt.signal, retrying);
}

async function openRun(input: GenerateInput, sources: GenerationSources, attempt: Attempt) {
  const { runSeed, language, seedTasks: source } = input;
  const seeds = { runSeed, language, seedTasks: source, evaluationInstructions: 'builtin' };
  const { seedTasks } = await sampleSeeds(seeds, sources, attempt);
  return createRunOpener(sources)(requestSettings(input, seedTasks));
}

interface Ended extends Pick<GenerateResult, 'stopReason' | 'requests' | 'yield'> {
  pool: ArtifactReference;
  accepted: number;
}

/** Asks and accepts round by round, until the target, the collapse or the budget. */
async function acceptRounds(
  input: GenerateInput,
  run: GenerationRun,
  queue: RequestSupply,
  { estimate, watcher }: { estimate: GenerationEstimate; watcher: GenerationWatcher },
  { store }: GenerationSources,
  attempt: Attempt,
): Promise<Ended> {
  const pools = createWarmPools(store, createPool);
  let taken = 0;
  let accepted = 0;
  let emptyRequests = 0;
  let pool: ArtifactReference | null = null;
  let counts = noYield();
  const startedAt = performance.now();
  const refined = once((forecast: Forecast) => watcher.refined?.(forecast));
  try {
    for (;;) {
      const perRequest = accepted > 0 ? accepted / taken : estimate.acceptedPerRequest;
      const needed = Math.max(1, Math.ceil((input.target - accepted) / perRequest));
      // Asking beyond what the target is expected to need would pay for nothing.
      queue.startUpTo(taken + Math.min(needed, queue.ahead));
      // The first round is what the forecast is measured on.
      const longest = taken === 0 ? Math.min(input.roundSize, REFINED_AFTER_REQUESTS) : input.roundSize;
      const requests = Math.min(longest, needed);
      const answered = await queue.answeredFrom(taken, requests);
      const round = await acceptRound(
        {
          threshold: input.threshold,
          tokenization: tokenizationFor(input.tokenization, input.language),
          firstRequest: taken,
          requests: answered,
          pool,
          target: input.target,
          collapseAfter: input.collapseAfter,
          emptyRequests,
          seconds: queue.seconds,
        },
        run,
        store,
        pools,
        attempt,
      );
      ({ pool, accepted, emptyRequests } = round);
      taken += round.requestsUsed;
      counts = mergeYield(counts, round.yield);
      attempt.report({ done: accepted, total: input.target, unit: 'accepted', note: `${taken} requests` });
      if (round.outcome === 'continue' && round.observed && estimate.outlook)
        refined(
          refineForecast({
            outlook: estimate.outlook,
            observed: round.observed,
            seconds: queue.seconds,
            accepted,
            target: input.target,
            concurrency: input.concurrency,
            answeredAhead: Math.max(0, queue.answered - taken),
            done: { ...queue.totals, requests: taken, seconds: (performance.now() - startedAt) / 1000 },
          }),
        );
      const stopReason = reasonOf(round.outcome, answered < requests);
      if (stopReason !== null) return { stopReason, requests: taken, yield: counts, pool, accepted };
    }
  } finally {
    await pools.close();
  }
}

/** Passes on the first forecast that there is. */
function once(tell: (forecast: Forecast) => void): (forecast: Forecast | null) => void {
  let told = false;
  return (forecast) => {
    if (told || forecast === null) return;
    told = true;
    tell(forecast);
  };
}

function reasonOf(
  outcome: 'continue' | 'target' | 'collapsed',
  moneySpent: boolean,
): GenerateResult['stopReason'] | null {
  if (outcome === 'target') return 'target';
  if (outcome === 'collapsed') return 'yield-collapsed';
  return moneySpent ? 'stopped-early' : null;
}

function requireBudget({ teacher, target, budgetUsd }: GenerateInput, estimate: GenerationEstimate): void {
  if (estimate.free) return;
  const expected = `about ${estimate.requests} requests and $${estimate.costUsd.toFixed(2)} are expected for ${target} instructions, and one request can cost up to $${estimate.worstCaseRequestUsd.toFixed(4)}`;
  if (budgetUsd === null) {
    throw new AlpacaError(
      'BudgetRequired',
      `The teacher "${teacher}" costs money, and there is no budget: ${expected}.`,
      { remedy: 'Give a budget in dollars (--budget, or budgetUsd in the input): it is never passed.' },
    );
  }
  if (budgetUsd < estimate.worstCaseRequestUsd) {
    throw new AlpacaError(
      'BudgetRequired',
      `The budget of $${budgetUsd} does not cover one request: ${expected}.`,
      { remedy: 'Raise the budget, or lower promptsPerRequest or maxTokens.' },
    );
  }
}

function nothingAccepted(
  { ledger, teacher }: GenerateInput,
  ended: Omit<Ended, 'pool' | 'accepted'>,
): AlpacaError {
  return new AlpacaError(
    'NothingAccepted',
    `Nothing was accepted from ${ended.requests} requests: ${collapseReason(ended.yield)}.`,
    {
      remedy:
        mostFrequentLoss(ended.yield) === null
          ? `Look at the seed tasks: what their prompts ask for the teacher "${teacher}" will not do.`
          : `Look at the answers in the ledger "${ledger}": the teacher "${teacher}" may not follow the prompt's format.`,
    },
  );
}

function imported(data: ArtifactReference): GenerateResult {
  return {
    data,
    stopReason: 'imported',
    requests: 0,
    ...noTotals(),
    yieldByRequest: null,
    yield: { ...noYield(), parsed: data.rows, accepted: data.rows },
  };
}
