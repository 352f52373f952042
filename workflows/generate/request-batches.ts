import { condition } from '@temporalio/workflow';
import type { GenerateInput } from '../contracts/generate.ts';
import type { CollectBatchResult, JobPlan, SubmitBatchResult } from '../contracts/generate-activities.ts';
import type { Pause } from '../contracts/progress.ts';
import type { Control } from '../control.ts';
import { type Budget, budgetPause, type Reservation } from '../decisions/budget.ts';
import { bookJob, type GenerationState } from '../decisions/generation-state.ts';
import {
  type JobSizing,
  nextJobSize,
  wantedJobSize,
  wholeInLedger,
  worstCaseOfPrompts,
} from '../decisions/next-job.ts';
import { Outage } from '../outage.ts';
import { type Job, JobAtProvider, words } from './job-at-provider.ts';
import type { RequestSource } from './request-source.ts';

/**
 * Requests asked by the job, through the provider's Batch API. A job asks the requests that the target is
 * expected to need next; the next is made when what is answered has been taken, and the yield is better
 * known. Each range ends whole: what a job leaves unanswered is asked in another.
 */
export class RequestBatches implements RequestSource {
  readonly #input: GenerateInput;
  readonly #plan: JobPlan;
  readonly #state: GenerationState;
  readonly #control: Control;
  readonly #budget: Budget;
  readonly #changed: () => Promise<void>;
  readonly #provider: JobAtProvider;
  readonly #jobs = new Set<Job>();
  readonly #running = new Set<Promise<void>>();
  /** the first request that was given up, where generation ends early */
  #givenUp = Number.POSITIVE_INFINITY;
  /** the first request that the ledger was found to lack; null before one was sought */
  #lacking: number | null = null;
  /** jobs that wait for more money */
  #unpaid = 0;
  readonly #outage: Outage;
  #money: Pause | null = null;
  #wanted: () => boolean = () => true;
  failure: unknown;

  constructor(
    input: GenerateInput,
    plan: JobPlan,
    state: GenerationState,
    control: Control,
    budget: Budget,
    changed: () => Promise<void>,
  ) {
    this.#input = input;
    this.#plan = plan;
    this.#state = state;
    this.#control = control;
    this.#budget = budget;
    this.#changed = changed;
    this.#outage = new Outage(control, changed, { firstSeconds: input.outageWaitSeconds });
    const wanted = () => this.#wanted();
    this.#provider = new JobAtProvider({
      ...{ input, plan, state, control, outage: this.#outage, changed, wanted },
    });
  }

  async keepFull(ended: () => boolean, wanted: () => boolean): Promise<void> {
    this.#wanted = () => wanted() && !this.#control.state.stopEarly;
    const over = () => ended() || this.failure !== undefined;
    for (;;) {
      await condition(() => over() || this.#nextSize() > 0 || this.#toSeek() > 0);
      if (over()) break;
      const requests = this.#nextSize();
      if (requests > 0) this.#start(requests);
      else if (this.#toSeek() > 0) this.#start(this.#toSeek());
    }
    await condition(() => this.idle || this.failure !== undefined);
  }

  get waitingFor(): Pause | null {
    return this.#money ?? this.#outage.pause;
  }

  get idle(): boolean {
    return this.#jobs.size === 0;
  }

  get broke(): boolean {
    return this.#jobs.size === this.#unpaid && !this.#affordsOne && !this.#maySeek;
  }

  get #affordsOne(): boolean {
    return this.#budget.affords(this.#state.estimate.worstCaseRequestUsd);
  }

  /** There is no money for one request, and nothing in flight can bring some back; the ledger may have the next. */
  get #maySeek(): boolean {
    return this.idle && !this.#affordsOne && this.#lacking !== this.#state.next;
  }

  get contiguous(): number {
    const { next, taken } = this.#state;
    const gaps = [...this.#jobs].map(({ firstRequest }) => firstRequest);
    return Math.max(0, Math.min(next, this.#givenUp, ...gaps) - taken);
  }

  get answeredAhead(): number {
    const asked = [...this.#jobs].reduce((sum, { requests }) => sum + requests, 0);
    return this.#state.next - this.#state.taken - asked;
  }

  /** Continue-as-new waits for the jobs: every request below `next` is answered then. */
  readonly carried: number[] = [];

  get note(): string | null {
    const jobs = [...this.#jobs].map(({ state }) => state);
    return jobs.length === 0 ? null : jobs.join('; ');
  }

  async waitForMoney(until: () => boolean): Promise<void> {
    const { worstCaseRequestUsd } = this.#state.estimate;
    await this.#pauseForMoney(worstCaseRequestUsd, 'one more request', until);
  }

  /** Cancelled jobs are cancelled at the provider too: each sees to it in its own end. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #nextSize(): number {
    const { paused, stopEarly, concurrency } = this.#control.state;
    if (paused || stopEarly || this.waitingFor !== null || this.#jobs.size >= concurrency) return 0;
    return nextJobSize(this.#sizing());
  }

  /** Requests to look for in the ledger. */
  #toSeek(): number {
    const { paused, stopEarly } = this.#control.state;
    if (paused || stopEarly || this.waitingFor !== null || !this.#maySeek) return 0;
    return wantedJobSize(this.#sizing());
  }

  #sizing(): JobSizing {
    const { target } = this.#control.state;
    const [state, plan, budget, contiguous] = [this.#state, this.#plan, this.#budget, this.contiguous];
    return { state, target, plan, pace: this.#input, contiguous, budget };
  }

  /** Asks requests by the job; where there is no money for them, it asks the ledger alone. */
  #start(requests: number): void {
    const reservation = this.#budget.reserve(requests * this.#state.estimate.worstCaseRequestUsd);
    const job: Job = {
      firstRequest: this.#state.next,
      requests,
      asking: 0,
      reservation,
      batch: null,
      state: '',
    };
    this.#state.next += requests;
    this.#jobs.add(job);
    const running = (reservation === null ? this.#seek(job) : this.#ask(job))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.#jobs.delete(job);
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #seek(job: Job): Promise<void> {
    const { firstRequest } = job;
    const found = await wholeInLedger(job.requests, (requests) => {
      job.requests = requests;
      return this.#provider.collect(job, null);
    });
    this.#state.next = firstRequest + (found?.answeredRequests ?? 0);
    if (found === null) this.#lacking = firstRequest;
    else this.#budget.book(bookJob(this.#state, { lost: 0, lostUsd: 0 }, found));
    await this.#changed();
  }

  /** Asks a range, job after job, until all of it is answered or it is not wanted any more. */
  async #ask(job: Job): Promise<void> {
    for (; ; job.asking += 1) {
      const submitted = await this.#provider.submit(job);
      if (submitted.batch !== null) await this.#provider.untilEnded(job, submitted.batch);
      const result = await this.#provider.collect(job, submitted.batch);
      job.batch = null;
      job.reservation?.settle(bookJob(this.#state, submitted, result));
      await this.#changed();
      if (result.missing === 0) return;
      const reservation = await this.#reserveAgain(job, submitted, result);
      if (reservation === null) {
        this.#givenUp = Math.min(this.#givenUp, job.firstRequest + result.answeredRequests);
        return;
      }
      job.reservation = reservation;
    }
  }

  /**
   * Reserves for what a job left unanswered: after a wait where it answered nothing, after the end of a pause,
   * and when there is the money; null where generation ends first.
   */
  async #reserveAgain(
    job: Job,
    { batch, prompts }: SubmitBatchResult,
    { missing, reason }: CollectBatchResult,
  ): Promise<Reservation | null> {
    const usd = worstCaseOfPrompts(this.#state, missing, this.#input.promptsPerRequest);
    if (this.#wanted()) {
      if (batch !== null && missing >= prompts)
        await this.#outage.wait('teacher', `${words(job)}: ${reason ?? 'the job answered nothing'}`);
      else this.#outage.over();
      job.state = `${words(job)}: ${missing} prompts are to be asked again`;
      await condition(() => !this.#control.state.paused || !this.#wanted());
    }
    while (this.#wanted()) {
      const reservation = this.#budget.reserve(usd);
      if (reservation !== null) return reservation;
      this.#unpaid += 1;
      await this.#pauseForMoney(usd, `asking ${missing} prompts again`, () => !this.#wanted());
      this.#unpaid -= 1;
    }
    return null;
  }

  async #pauseForMoney(usd: number, what: string, until: () => boolean): Promise<void> {
    while (!this.#budget.affords(usd) && !until()) {
      this.#money = budgetPause(this.#budget, what, usd);
      await this.#changed();
      await condition(() => this.#budget.affords(usd) || until());
    }
    this.#money = null;
    await this.#changed();
  }
}
