import type { Priority } from '@temporalio/common';
import { CancellationScope, condition, isCancellation, log } from '@temporalio/workflow';
import { collecting, schedulingOf, submitting, watching } from '../activity-bounds.ts';
import type { GenerateInput } from '../contracts/generate.ts';
import { requestSettings } from '../contracts/generate.ts';
import type {
  BatchRange,
  CollectBatchResult,
  JobPlan,
  SubmitBatchResult,
} from '../contracts/generate-activities.ts';
import type { Pause } from '../contracts/progress.ts';
import { reasonWithin } from '../contracts/run/record.ts';
import type { Control } from '../control.ts';
import { type Budget, budgetPause, type Reservation } from '../decisions/budget.ts';
import { bookJob, type GenerationState } from '../decisions/generation-state.ts';
import { nextJobSize, nextPollSeconds, worstCaseOfPrompts } from '../decisions/next-job.ts';
import { despiteStops, Outage } from '../outage.ts';
import type { RequestSource } from './request-source.ts';

interface Job {
  firstRequest: number;
  requests: number;
  asking: number;
  reservation: Reservation;
  /** the provider's id; null while it is not known, or nothing is asked */
  batch: string | null;
  /** for a person: what became of it at the last look */
  state: string;
}

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
  readonly #scheduling: Priority;
  readonly #jobs = new Set<Job>();
  readonly #running = new Set<Promise<void>>();
  /** the first request that was given up, where generation ends early */
  #givenUp = Number.POSITIVE_INFINITY;
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
    this.#scheduling = schedulingOf(input);
    this.#outage = new Outage(control, changed, { firstSeconds: input.outageWaitSeconds });
  }

  async keepFull(ended: () => boolean, wanted: () => boolean): Promise<void> {
    this.#wanted = () => wanted() && !this.#control.state.stopEarly;
    const over = () => ended() || this.failure !== undefined;
    for (;;) {
      await condition(() => over() || this.#nextSize() > 0);
      if (over()) break;
      const requests = this.#nextSize();
      if (requests > 0) this.#start(requests);
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
    return (
      this.#jobs.size === this.#unpaid && !this.#budget.affords(this.#state.estimate.worstCaseRequestUsd)
    );
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
    const { paused, stopEarly, concurrency, target } = this.#control.state;
    if (paused || stopEarly || this.waitingFor !== null || this.#jobs.size >= concurrency) return 0;
    return nextJobSize({
      state: this.#state,
      target,
      plan: this.#plan,
      roundSize: this.#input.roundSize,
      contiguous: this.contiguous,
      budget: this.#budget,
    });
  }

  #start(requests: number): void {
    const reservation = this.#budget.reserve(requests * this.#state.estimate.worstCaseRequestUsd);
    if (reservation === null) return;
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
    const running = this.#ask(job)
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.#jobs.delete(job);
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Asks a range, job after job, until all of it is answered or it is not wanted any more. */
  async #ask(job: Job): Promise<void> {
    for (; ; job.asking += 1) {
      const submitted = await this.#submit(job);
      if (submitted.batch !== null) await this.#untilEnded(job, submitted.batch);
      const result = await this.#collect(job, submitted.batch);
      job.batch = null;
      job.reservation.settle(bookJob(this.#state, submitted, result));
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

  async #submit(job: Job): Promise<SubmitBatchResult> {
    job.state = `submitting ${words(job)}`;
    await this.#changed();
    return this.#throughOutages(job, async () => {
      try {
        const submitted = await submitting(words(job), this.#scheduling).submitBatch(this.#range(job));
        job.batch = submitted.batch;
        job.reservation.lower(submitted.worstCaseUsd);
        return submitted;
      } catch (error) {
        if (isCancellation(error)) await this.#cancel(job);
        throw error;
      }
    });
  }

  /** Looks at a job until it has ended, at growing intervals; cancels it when it is not wanted any more. */
  async #untilEnded(job: Job, batch: string): Promise<void> {
    let seconds = this.#plan.pollSeconds;
    let cancelled = false;
    try {
      for (;;) {
        const look = await this.#throughOutages(job, () =>
          watching(words(job), this.#scheduling).pollBatch({ ...this.#range(job), batch }),
        );
        job.state = `job ${batch} ${look.status}, ${look.done} of ${look.total} prompts`;
        await this.#changed();
        if (look.ended) return;
        if (!this.#wanted() && !cancelled) {
          await this.#throughOutages(job, () =>
            watching(words(job), this.#scheduling).cancelBatch({ ...this.#range(job), batch }),
          );
          cancelled = true;
          seconds = this.#plan.pollSeconds;
        }
        const stops = () => !cancelled && !this.#wanted();
        await condition(stops, seconds * 1000, { summary: `next look at ${words(job)}` });
        seconds = nextPollSeconds(seconds, this.#plan);
      }
    } catch (error) {
      if (isCancellation(error)) await this.#cancel(job);
      throw error;
    }
  }

  #collect(job: Job, batch: string | null): Promise<CollectBatchResult> {
    return this.#throughOutages(job, () =>
      collecting(words(job), this.#scheduling).collectBatch({ ...this.#range(job), batch }),
    );
  }

  /** What the job has answered stays at the provider, and is collected when the run is started again. */
  async #cancel(job: Job): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      const cancelling = watching(`cancel ${words(job)}`, this.#scheduling);
      const { batch } = job;
      try {
        await despiteStops(() => cancelling.cancelBatch({ ...this.#range(job), batch }));
      } catch (error) {
        log.warn('a job at the provider may go on and cost', { batch, reason: reasonWithin(error) });
      }
    });
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

  #throughOutages<Result>(job: Job, work: () => Promise<Result>): Promise<Result> {
    return this.#outage.through(work, (reason) => `${words(job)}: ${reason}`);
  }

  #range({ firstRequest, requests, asking }: Job): BatchRange {
    const settings = requestSettings(this.#input, this.#state.seedTasks);
    return { settings, firstRequest, requests, asking, payer: this.#control.payer };
  }
}

function words({ firstRequest, requests }: Job): string {
  return `requests ${firstRequest} to ${firstRequest + requests - 1}`;
}
