import type { GenerationTotals } from '../../workflows/contracts/generate.ts';
import type { AnswerRequestResult } from '../../workflows/contracts/generate-activities.ts';
import type { Sums } from '../../workflows/contracts/progress.ts';
import { addTo, noSums } from '../../workflows/decisions/forecast/sums.ts';
import { createSlots, type Slots } from '../process/slots.ts';
import type { Budget } from '../teacher/budget.ts';
import { type Retrying, type RetryTeller, untilItPasses } from '../teacher/until-it-passes.ts';
import type { GenerationRun } from './generation-run.ts';
import { answerRequest } from './request.ts';
import { noTotals, type RequestSupply } from './request-supply.ts';

/**
 * The requests of a run without a server: so many in flight at once, each started in index order, tried
 * again after what may pass, and paid from the budget. What Temporal does for the workflow.
 */
export class RequestQueue implements RequestSupply {
  readonly totals: GenerationTotals = noTotals();
  readonly ahead: number;
  /** of the requests that were sent, and of those that the ledger answered */
  readonly #seconds = { sent: noSums(), found: noSums() };
  readonly #run: GenerationRun;
  readonly #budget: Budget;
  readonly #worstCaseUsd: number;
  readonly #slots: Slots;
  /** one request at a time is also one prompt at a time: an endpoint is asked in the order of the run */
  readonly #turns: Slots | null;
  readonly #signal: AbortSignal;
  readonly #told: RetryTeller;
  /** aborts what waits for a slot or for a retry; not what was sent */
  readonly #closing = new AbortController();
  readonly #name: string;
  /** by request index: true where it was answered, false where there was no money for it or the queue closed */
  readonly #requests: Promise<boolean>[] = [];
  #failure: unknown;

  /** @param name names this run in the ledger's records, unlike every other run's */
  constructor(
    run: GenerationRun,
    name: string,
    limits: { budget: Budget; worstCaseUsd: number; concurrency: number; ahead: number },
    signal: AbortSignal,
    told: RetryTeller = () => {},
  ) {
    this.#run = run;
    this.#name = name;
    this.#budget = limits.budget;
    this.#worstCaseUsd = limits.worstCaseUsd;
    this.#slots = createSlots(limits.concurrency);
    this.#turns = limits.concurrency === 1 ? createSlots(1) : null;
    this.ahead = limits.ahead;
    this.#signal = signal;
    this.#told = told;
  }

  get answered(): number {
    return this.#seconds.sent.count + this.#seconds.found.count;
  }

  get seconds(): Sums {
    return this.#seconds.sent.count >= 2 ? this.#seconds.sent : this.#seconds.found;
  }

  startUpTo(end: number): void {
    for (let request = this.#requests.length; request < end; request += 1) {
      const answered = this.#slots.run(this.#waiting, () => this.#answer(request));
      answered.catch((error: unknown) => {
        this.#failure ??= error;
        this.#closing.abort();
      });
      this.#requests.push(answered);
    }
  }

  async answeredFrom(from: number, count: number): Promise<number> {
    const settled = await Promise.allSettled(this.#requests.slice(from, from + count));
    if (this.#failure !== undefined) throw this.#failure;
    const gap = settled.findIndex((request) => request.status === 'rejected' || !request.value);
    return gap < 0 ? count : gap;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#requests);
  }

  get #waiting(): AbortSignal {
    return AbortSignal.any([this.#signal, this.#closing.signal]);
  }

  async #answer(request: number): Promise<boolean> {
    const retrying = untilItPasses(this.#waiting, this.#told);
    for (let asking = 0; ; asking += 1) {
      if (this.#closing.signal.aborted || !(await this.#budget.reserve(this.#worstCaseUsd))) return false;
      let paidUsd = 0;
      try {
        const startedAt = performance.now();
        const result = await this.#ask(request, asking, retrying);
        paidUsd = result.costUsd + result.lostUsd;
        this.#add(result);
        if (result.status === 'answered') {
          const { sent, found } = this.#seconds;
          addTo(result.sent > 0 ? sent : found, (performance.now() - startedAt) / 1000);
          return true;
        }
      } finally {
        this.#budget.settle(this.#worstCaseUsd, paidUsd);
      }
    }
  }

  /** Tries one asking again after what may pass. Its reservation stands until its cost is known. */
  #ask(request: number, asking: number, retrying: Retrying): Promise<AnswerRequestResult> {
    const attempt = { signal: this.#signal, report() {} };
    const paidBy = this.#paidBy(request, asking);
    return retrying(() => answerRequest({ request, asking }, this.#run, paidBy, attempt, this.#turns));
  }

  #paidBy(request: number, asking: number): string {
    return [this.#name, request, asking].join('/');
  }

  #add(result: AnswerRequestResult): void {
    if (result.status === 'answered') this.totals.prompts += result.prompts;
    this.totals.sent += result.sent;
    this.totals.lost += result.lost;
    this.totals.refused += result.status === 'answered' ? result.refused : 0;
    this.totals.promptTokens += result.promptTokens;
    this.totals.completionTokens += result.completionTokens;
    this.totals.costUsd += result.costUsd + result.lostUsd;
  }
}
