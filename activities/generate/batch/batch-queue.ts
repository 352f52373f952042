import { setTimeout as sleep } from 'node:timers/promises';
import type { GenerationTotals } from '../../../workflows/contracts/generate.ts';
import type {
  BatchPlan,
  CollectBatchResult,
  SubmitBatchResult,
} from '../../../workflows/contracts/generate-activities.ts';
import { noSums } from '../../../workflows/decisions/forecast/sums.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import type { Budget } from '../../teacher/budget.ts';
import { TRIES, untilItPasses, waitAfter } from '../../teacher/until-it-passes.ts';
import type { GenerationRun } from '../generation-run.ts';
import { noTotals, type RequestSupply } from '../request-supply.ts';
import { collectBatch } from './collect.ts';
import type { Range } from './places.ts';
import { submitBatch } from './submit.ts';
import { cancelBatch, pollBatch } from './watch.ts';

const LONGEST_POLL_MS = 600_000;

/**
 * The requests of a run without a server, asked by the job: one job after another, each as large as what is
 * wanted, the provider and the budget allow. What `workflows/request-batches.ts` does on Temporal.
 */
export class BatchQueue implements RequestSupply {
  readonly totals: GenerationTotals = noTotals();
  readonly seconds = noSums();
  readonly #run: GenerationRun;
  readonly #plan: BatchPlan;
  readonly #name: string;
  readonly #budget: Budget;
  readonly #worstCaseUsd: number;
  readonly #attempt: Attempt;
  /** requests below this are answered */
  #answered = 0;
  /** requests below this may be asked */
  #wanted = 0;

  /** @param name names this run in the ledger's records and in its jobs, unlike every other run's */
  constructor(
    run: GenerationRun,
    plan: BatchPlan,
    name: string,
    limits: { budget: Budget; worstCaseUsd: number },
    attempt: Attempt,
  ) {
    this.#run = run;
    this.#plan = plan;
    this.#name = name;
    this.#budget = limits.budget;
    this.#worstCaseUsd = limits.worstCaseUsd;
    this.#attempt = attempt;
  }

  /** A job may cover everything that the target is expected to need. */
  readonly ahead = Number.POSITIVE_INFINITY;

  get answered(): number {
    return this.#answered;
  }

  startUpTo(end: number): void {
    this.#wanted = Math.max(this.#wanted, end);
  }

  async answeredFrom(from: number, count: number): Promise<number> {
    while (this.#answered < from + count) {
      const wanted = Math.max(this.#wanted, from + count) - this.#answered;
      let requests = Math.min(wanted, this.#plan.requestsPerJob);
      while (requests > 0 && !(await this.#budget.reserve(requests * this.#worstCaseUsd)))
        requests = Math.floor(requests * 0.9);
      if (requests === 0 || !(await this.#ask(this.#answered, requests))) break;
      this.#answered += requests;
    }
    return Math.min(count, Math.max(0, this.#answered - from));
  }

  /** Each job has been waited for, or was cancelled with the command. */
  async close(): Promise<void> {}

  /** Asks a range until all of it is answered; false where the budget ends first. */
  async #ask(firstRequest: number, requests: number): Promise<boolean> {
    let reservedUsd = requests * this.#worstCaseUsd;
    let fruitless = 0;
    for (let asking = 0; ; asking += 1) {
      const range = { firstRequest, requests, asking };
      let paidUsd = 0;
      let result: CollectBatchResult;
      try {
        const submitted = await this.#again(() => this.#submit(range));
        if (submitted.batch !== null) await this.#untilEnded(range, submitted.batch);
        result = await this.#again(() => this.#collect(range, submitted.batch));
        paidUsd = this.#add(submitted, result);
        fruitless = submitted.batch !== null && result.missing >= submitted.prompts ? fruitless + 1 : 0;
      } finally {
        this.#budget.settle(reservedUsd, paidUsd);
      }
      if (result.missing === 0) return true;
      if (fruitless > 0) await this.#waitAfter(fruitless, result.reason);
      reservedUsd = (result.missing / this.#run.settings.promptsPerRequest) * this.#worstCaseUsd;
      if (!(await this.#budget.reserve(reservedUsd))) return false;
    }
  }

  #submit(range: Range): Promise<SubmitBatchResult> {
    return submitBatch(range, this.#run, this.#paidBy(range), this.#attempt);
  }

  #collect(range: Range, batch: string | null): Promise<CollectBatchResult> {
    return collectBatch({ ...range, batch }, this.#run, this.#paidBy(range), this.#attempt);
  }

  async #untilEnded(range: Range, batch: string): Promise<void> {
    const { signal } = this.#attempt;
    try {
      for (let wait = this.#plan.pollSeconds * 1000; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
        const { ended, status, done, total } = await this.#again(() => pollBatch(batch, this.#run));
        this.#attempt.report({ done, total, unit: 'prompts', note: `job ${batch} ${status}` });
        if (ended) return;
        await sleep(wait, undefined, { signal });
      }
    } catch (error) {
      // What it has answered is collected when the command is started again.
      if (signal.aborted) await cancelBatch(batch, this.#run, this.#paidBy(range)).catch(() => {});
      throw error;
    }
  }

  /** Tries a call again after what may pass. */
  #again<Result>(work: () => Promise<Result>): Promise<Result> {
    return untilItPasses(this.#attempt.signal)(work);
  }

  async #waitAfter(fruitless: number, reason: string | null): Promise<void> {
    if (fruitless >= TRIES) {
      throw new AlpacaError(
        'TeacherUnavailable',
        `${fruitless} jobs in a row answered nothing (${reason}).`,
        {
          remedy: 'What was answered is kept: start the command again later.',
        },
      );
    }
    await sleep(waitAfter(fruitless), undefined, { signal: this.#attempt.signal });
  }

  #paidBy({ firstRequest, requests, asking }: Range): string {
    return [this.#name, `${firstRequest}-${firstRequest + requests - 1}`, asking].join('/');
  }

  /** @returns dollars that this asking cost */
  #add({ lost, lostUsd }: SubmitBatchResult, result: CollectBatchResult): number {
    const paidUsd = lostUsd + result.lostUsd + result.costUsd;
    this.totals.sent += result.sent;
    this.totals.lost += lost + result.lost;
    this.totals.promptTokens += result.promptTokens;
    this.totals.completionTokens += result.completionTokens;
    this.totals.costUsd += paidUsd;
    if (result.missing === 0) {
      this.totals.prompts += result.prompts;
      this.totals.refused += result.refused;
    }
    return paidUsd;
  }
}
