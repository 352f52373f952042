import { randomUUID } from 'node:crypto';
import type { GenerationEstimate } from '../../workflows/contracts/activities.ts';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import { requestSettings } from '../../workflows/contracts/request-settings.ts';
import { tokenizationFor } from '../../workflows/contracts/settings.ts';
import type { GenerateInput, GenerateResult } from '../../workflows/contracts/steps.ts';
import type { Attempt } from '../attempt.ts';
import { createPool } from '../dedupe/pool.ts';
import { AlpacaError } from '../errors.ts';
import { sampleSeeds } from '../sample/sample-seeds.ts';
import { priceOf } from '../teacher/profiles.ts';
import { createWarmPools } from './accepted-pool.ts';
import { createBudget } from './budget.ts';
import { estimateGeneration } from './estimate.ts';
import { gatherAccepted } from './gather.ts';
import { createRunOpener, type GenerationRun, type GenerationSources } from './generation-run.ts';
import { importRows } from './import-rows.ts';
import { RequestQueue, type Totals } from './request-queue.ts';
import { acceptRound } from './round.ts';
import { mergeYield, noYield } from './yield.ts';

/**
 * The `generate` workflow's whole loop without a server: the same prompts, ledger, rounds and data. A run
 * that was stopped or failed goes on from its ledger when it is started again. Where the next request
 * might pass the budget it ends with what is accepted so far, as `stopped-early`.
 *
 * @param shown is told the estimate before the first request is sent
 * @throws AlpacaError Configuration where the teacher costs money and the input has no budget
 */
export async function generateToFile(
  input: GenerateInput,
  sources: GenerationSources,
  attempt: Attempt,
  shown: (estimate: GenerationEstimate) => void = () => {},
): Promise<GenerateResult> {
  const { store } = sources;
  if (input.from !== null) return imported(await importRows(input.from, store, attempt));
  const run = await openRun(input, sources, attempt);
  const estimate = estimateGeneration({
    settings: run.settings,
    prompts: run.prompts,
    target: input.target,
    price: priceOf(run.profile),
  });
  requireBudget(input, estimate);
  shown(estimate);
  const limits = {
    budget: createBudget(input.budgetUsd),
    worstCaseUsd: estimate.worstCaseRequestUsd,
    concurrency: input.concurrency,
  };
  const queue = new RequestQueue(run, `file-${randomUUID()}`, limits, attempt.signal);
  const { pool, accepted, ...ended } = await acceptRounds(
    input,
    run,
    queue,
    estimate,
    sources,
    attempt,
  ).finally(() => queue.close());
  if (accepted === 0) throw nothingAccepted(input, ended);
  const data = await gatherAccepted(pool, store, attempt.signal);
  return { data, ...ended, ...queue.totals };
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
  queue: RequestQueue,
  estimate: GenerationEstimate,
  { store }: GenerationSources,
  attempt: Attempt,
): Promise<Ended> {
  const pools = createWarmPools(store, createPool);
  let taken = 0;
  let accepted = 0;
  let emptyRequests = 0;
  let pool: ArtifactReference | null = null;
  let counts = noYield();
  try {
    for (;;) {
      const perRequest = accepted > 0 ? accepted / taken : estimate.acceptedPerRequest;
      const needed = Math.max(1, Math.ceil((input.target - accepted) / perRequest));
      // Asking beyond what the target is expected to need would pay for nothing.
      queue.startUpTo(taken + Math.min(needed, Math.max(2 * input.roundSize, 2 * input.concurrency)));
      const requests = Math.min(input.roundSize, needed);
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
      const stopReason = reasonOf(round.outcome, answered < requests);
      if (stopReason !== null) return { stopReason, requests: taken, yield: counts, pool, accepted };
    }
  } finally {
    await pools.close();
  }
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
      'Configuration',
      `The teacher "${teacher}" costs money, and there is no budget: ${expected}.`,
      { remedy: 'Give a budget in dollars (--budget, or budgetUsd in the input): it is never passed.' },
    );
  }
  if (budgetUsd < estimate.worstCaseRequestUsd) {
    throw new AlpacaError(
      'Configuration',
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
    'TeacherMalformed',
    `Nothing was accepted from ${ended.requests} requests (${JSON.stringify(ended.yield)}).`,
    {
      remedy: `Look at the answers in the ledger "${ledger}": the teacher "${teacher}" may not follow the prompt's format.`,
    },
  );
}

function imported(data: ArtifactReference): GenerateResult {
  const nothing: Totals = {
    prompts: 0,
    sent: 0,
    lost: 0,
    refused: 0,
    promptTokens: 0,
    completionTokens: 0,
    costUsd: 0,
  };
  return {
    data,
    stopReason: 'imported',
    requests: 0,
    ...nothing,
    yield: { ...noYield(), asked: data.rows, parsed: data.rows, accepted: data.rows },
  };
}
