import type { GenerateInput } from '../../workflows/contracts/generate.ts';
import type { AnswerRequestResult } from '../../workflows/contracts/generate-activities.ts';
import { bookAnswer, bookSeconds, type GenerationState } from '../../workflows/decisions/generation-state.ts';
import { askedBelow } from '../../workflows/decisions/next-round.ts';
import { createSlots, type Slots } from '../process/slots.ts';
import type { SharedBudget } from '../teacher/profile/budget.ts';
import { OF_A_COMMAND, type Retrying, type RetryTeller, untilItPasses } from '../teacher/until-it-passes.ts';
import type { GenerationRun } from './generation-run.ts';
import { answerRequest, asWhat } from './request.ts';
import type { RequestSupply } from './request-supply.ts';

/**
 * The requests of a run without a server: so many in flight at once, each started in index order, tried
 * again after what may pass, and paid from the budget. What Temporal does for the workflow.
 */
export class RequestQueue implements RequestSupply {
  readonly #run: GenerationRun;
  readonly #state: GenerationState;
  readonly #input: GenerateInput;
  readonly #budget: SharedBudget;
  readonly #slots: Slots;
  /** one request at a time is also one prompt at a time: an endpoint is asked in the order of the run */
  readonly #turns: Slots | null;
  readonly #signal: AbortSignal;
  readonly #told: RetryTeller | null;
  /** aborts what waits for a slot or for a retry; not what was sent */
  readonly #closing = new AbortController();
  readonly #name: string;
  /** by request index: true where it was answered, false where there was no money for it or the queue closed */
  readonly #requests: Promise<boolean>[] = [];
  #answered = 0;
  #failure: unknown;

  /** @param name names this run in the ledger's records, unlike every other run's */
  constructor(
    run: GenerationRun,
    state: GenerationState,
    name: string,
    input: GenerateInput,
    budget: SharedBudget,
    signal: AbortSignal,
    told: RetryTeller | null = null,
  ) {
    this.#run = run;
    this.#state = state;
    this.#name = name;
    this.#input = input;
    this.#budget = budget;
    this.#slots = createSlots(input.concurrency);
    this.#turns = input.concurrency === 1 ? createSlots(1) : null;
    this.#signal = signal;
    this.#told = told;
  }

  get answered(): number {
    return this.#answered;
  }

  async answeredInRow(count: number): Promise<number> {
    const { taken } = this.#state;
    this.#startUpTo(askedBelow(this.#state, this.#input, this.#input));
    const settled = await Promise.allSettled(this.#requests.slice(taken, taken + count));
    if (this.#failure !== undefined) throw this.#failure;
    const gap = settled.findIndex((request) => request.status === 'rejected' || !request.value);
    return gap < 0 ? count : gap;
  }

  #startUpTo(end: number): void {
    for (let request = this.#requests.length; request < end; request += 1) {
      const answered = this.#slots.run(this.#waiting, () => this.#answer(request));
      answered.catch((error: unknown) => this.#fail(error));
      this.#requests.push(answered);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#closing.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#requests);
  }

  get #waiting(): AbortSignal {
    return AbortSignal.any([this.#signal, this.#closing.signal]);
  }

  async #answer(request: number): Promise<boolean> {
    const retrying = untilItPasses(this.#waiting, this.#told, OF_A_COMMAND);
    const { worstCaseRequestUsd } = this.#state.estimate;
    for (let asking = 0; ; asking += 1) {
      const reservation = await this.#budget.reserve(worstCaseRequestUsd, {
        place: request,
        had: () => this.#asked(request),
      });
      if (reservation === null) return this.#find(request, asking);
      // It may have waited for the money for as long as anybody wanted it.
      if (this.#closing.signal.aborted) {
        reservation.settle(0);
        return false;
      }
      let paidUsd = 0;
      try {
        const startedAt = performance.now();
        const result = await this.#ask(request, asking, retrying);
        paidUsd = bookAnswer(this.#state, result);
        if (result.status === 'answered') {
          bookSeconds(this.#state, result, (performance.now() - startedAt) / 1000);
          this.#answered += 1;
          return true;
        }
      } catch (error) {
        // Before the money is free again, which another waits for.
        this.#fail(error);
        throw error;
      } finally {
        reservation.settle(paidUsd);
      }
    }
  }

  /** What is held back for later stages goes by it. */
  #asked(request: number): void {
    this.#state.next = Math.max(this.#state.next, request + 1);
  }

  /** There is no money for it: what the ledger has costs nothing. */
  async #find(request: number, asking: number): Promise<boolean> {
    const attempt = { signal: this.#signal, report() {} };
    const paidBy = this.#paidBy(request, asking);
    const run = await this.#run.seeing(this.#state.pool);
    const found = await answerRequest({ request, asking, fromLedgerAlone: true }, run, paidBy, attempt);
    if (found.status !== 'answered') return false;
    this.#asked(request);
    bookAnswer(this.#state, found);
    this.#answered += 1;
    return true;
  }

  /** Tries one asking again after what may pass. Its reservation stands until its cost is known. */
  #ask(request: number, asking: number, retrying: Retrying): Promise<AnswerRequestResult> {
    const attempt = { signal: this.#signal, report() {} };
    const paidBy = this.#paidBy(request, asking);
    return retrying(async () => {
      const run = await this.#run.seeing(this.#state.pool);
      return answerRequest({ request, asking }, run, paidBy, attempt, this.#turns);
    });
  }

  #paidBy(request: number, asking: number): string {
    return [this.#name, asWhat(request, this.#state), asking].join('/');
  }
}
