import type { Priority } from '@temporalio/common';
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
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
import type { Control } from '../control.ts';
import { bookJob, type GenerationState } from '../decisions/generation-state.ts';
import { nextJobSize } from '../decisions/next-job.ts';
import { Outage } from '../outage.ts';
import type { RequestSource } from './request-source.ts';

/** The longest wait between two looks at a job, in seconds; each wait is half as long again as the one before. */
const LONGEST_POLL_SECONDS = 600;

interface Job {
  firstRequest: number;
  requests: number;
  asking: number;
  /** dollars reserved for it */
  reservedUsd: number;
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
    changed: () => Promise<void>,
  ) {
    this.#input = input;
    this.#plan = plan;
    this.#state = state;
    this.#control = control;
    this.#changed = changed;
    this.#scheduling = schedulingOf(input);
    this.#outage = new Outage(input.outageWaitSeconds, changed);
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
    return this.#jobs.size === this.#unpaid && !this.#affords(this.#state.estimate.worstCaseRequestUsd);
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

  get committedUsd(): number {
    let reserved = 0;
    for (const { reservedUsd } of this.#jobs) reserved += reservedUsd;
    return this.#state.totals.costUsd + reserved;
  }

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
    return nextJobSize({
      state: this.#state,
      control: this.#control.state,
      plan: this.#plan,
      roundSize: this.#input.roundSize,
      contiguous: this.contiguous,
      committedUsd: this.committedUsd,
    });
  }

  #affords(usd: number): boolean {
    const { budgetUsd } = this.#control.state;
    return budgetUsd === null || this.committedUsd + usd <= budgetUsd;
  }

  #start(requests: number): void {
    const reservedUsd = requests * this.#state.estimate.worstCaseRequestUsd;
    const job: Job = {
      firstRequest: this.#state.next,
      requests,
      asking: 0,
      reservedUsd,
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
      job.reservedUsd = 0;
      bookJob(this.#state, submitted, result);
      await this.#changed();
      if (result.missing === 0) return;
      if (!this.#wanted()) {
        this.#givenUp = Math.min(this.#givenUp, job.firstRequest + result.answeredRequests);
        return;
      }
      if (submitted.batch !== null && result.missing >= submitted.prompts)
        await this.#outage.wait('teacher', `${words(job)}: ${result.reason ?? 'the job answered nothing'}`);
      else this.#outage.over();
      await this.#reserve(job, result.missing);
    }
  }

  async #submit(job: Job): Promise<SubmitBatchResult> {
    job.state = `submitting ${words(job)}`;
    await this.#changed();
    return this.#throughOutages(job, async () => {
      try {
        const submitted = await submitting(words(job), this.#scheduling).submitBatch(this.#range(job));
        job.batch = submitted.batch;
        job.reservedUsd = Math.min(job.reservedUsd, submitted.worstCaseUsd);
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
          await watching(words(job), this.#scheduling).cancelBatch({ ...this.#range(job), batch });
          cancelled = true;
          seconds = this.#plan.pollSeconds;
        }
        const stops = () => !cancelled && !this.#wanted();
        await condition(stops, seconds * 1000);
        seconds = Math.min(Math.max(LONGEST_POLL_SECONDS, this.#plan.pollSeconds), seconds * 1.5);
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
      await cancelling.cancelBatch({ ...this.#range(job), batch: job.batch }).catch(() => {});
    });
  }

  /** Reserves for what a job left unanswered; waits for the money, and for the end of a pause. */
  async #reserve(job: Job, prompts: number): Promise<void> {
    const { worstCaseRequestUsd } = this.#state.estimate;
    const usd = (prompts / this.#input.promptsPerRequest) * worstCaseRequestUsd;
    const affordable = () => this.#affords(usd) || !this.#wanted();
    job.state = `${words(job)}: ${prompts} prompts are to be asked again`;
    await condition(() => !this.#control.state.paused || !this.#wanted());
    if (!affordable()) {
      this.#unpaid += 1;
      await this.#pauseForMoney(usd, `asking ${prompts} prompts again`, () => !this.#wanted());
      this.#unpaid -= 1;
    }
    job.reservedUsd = usd;
  }

  async #pauseForMoney(usd: number, what: string, until: () => boolean): Promise<void> {
    while (!this.#affords(usd) && !until()) {
      this.#money = {
        kind: 'budget',
        reason:
          `the budget of $${this.#control.state.budgetUsd} is reached: $${this.#state.totals.costUsd.toFixed(4)} is spent and ${what} ` +
          `can cost $${usd.toFixed(4)}; everything is kept, setBudget goes on`,
      };
      await this.#changed();
      await condition(() => this.#affords(usd) || until());
    }
    this.#money = null;
    await this.#changed();
  }

  #throughOutages<Result>(job: Job, work: () => Promise<Result>): Promise<Result> {
    return this.#outage.through(work, (reason) => `${words(job)}: ${reason}`);
  }

  #range({ firstRequest, requests, asking }: Job): BatchRange {
    const settings = requestSettings(this.#input, this.#state.seedTasks);
    return { settings, firstRequest, requests, asking };
  }
}

function words({ firstRequest, requests }: Job): string {
  return `requests ${firstRequest} to ${firstRequest + requests - 1}`;
}
