import { setTimeout as sleep } from 'node:timers/promises';
import type { GenerateInput } from '../../../workflows/contracts/generate.ts';
import type {
  CollectBatchResult,
  JobPlan,
  SubmitBatchResult,
} from '../../../workflows/contracts/generate-activities.ts';
import type { Budget, Reservation } from '../../../workflows/decisions/budget.ts';
import { bookJob, type GenerationState } from '../../../workflows/decisions/generation-state.ts';
import {
  type JobSizing,
  nextJobSize,
  nextPollSeconds,
  wantedJobSize,
  wholeInLedger,
  worstCaseOfPrompts,
} from '../../../workflows/decisions/next-job.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import {
  OF_A_COMMAND,
  type RetryTeller,
  TRIES,
  untilItPasses,
  waitAfter,
} from '../../teacher/until-it-passes.ts';
import type { GenerationRun } from '../generation-run.ts';
import { asWhat } from '../request.ts';
import type { RequestSupply } from '../request-supply.ts';
import { collectBatch } from './collect.ts';
import type { Range } from './places.ts';
import { submitBatch } from './submit.ts';
import { cancelBatch, pollBatch } from './watch.ts';

/**
 * The requests of a run without a server, asked by the job: one job after another, each as large as what is
 * needed, the provider and the budget allow. What `workflows/generate/request-batches.ts` does on Temporal.
 */
export class BatchQueue implements RequestSupply {
  readonly #run: GenerationRun;
  readonly #state: GenerationState;
  readonly #plan: JobPlan;
  readonly #name: string;
  readonly #input: GenerateInput;
  readonly #budget: Budget;
  readonly #attempt: Attempt;
  readonly #told: RetryTeller;

  /** @param name names this run in the ledger's records and in its jobs, unlike every other run's */
  constructor(
    run: GenerationRun,
    state: GenerationState,
    plan: JobPlan,
    name: string,
    input: GenerateInput,
    budget: Budget,
    attempt: Attempt,
    told: RetryTeller = () => {},
  ) {
    this.#run = run;
    this.#state = state;
    this.#plan = plan;
    this.#name = name;
    this.#input = input;
    this.#budget = budget;
    this.#attempt = attempt;
    this.#told = told;
  }

  get answered(): number {
    return this.#state.next;
  }

  async answeredInRow(count: number): Promise<number> {
    for (;;) {
      const contiguous = this.#state.next - this.#state.taken;
      if (contiguous >= count) return count;
      const sizing = this.#sizing(contiguous);
      const requests = nextJobSize(sizing);
      const reservation = this.#budget.reserve(requests * this.#state.estimate.worstCaseRequestUsd);
      if (requests === 0 || reservation === null) {
        if (await this.#find(wantedJobSize(sizing))) continue;
        return contiguous;
      }
      const first = this.#state.next;
      // What is held back for later stages goes by it, while the job is asked again as well.
      this.#state.next = first + requests;
      const answered = await this.#ask(first, requests, reservation);
      this.#state.next = first + answered;
      if (answered < requests) return contiguous + answered;
    }
  }

  #sizing(contiguous: number): JobSizing {
    const { target } = this.#input;
    const [state, plan, budget] = [this.#state, this.#plan, this.#budget];
    return { state, plan, budget, target, pace: this.#input, contiguous };
  }

  /** There is no money for a job: what the ledger has costs nothing. */
  async #find(wanted: number): Promise<boolean> {
    if (wanted === 0) return false;
    const firstRequest = this.#state.next;
    const found = await wholeInLedger(wanted, (requests) =>
      this.#again(() => this.#collect({ firstRequest, requests, asking: 0 }, null)),
    );
    if (found === null) return false;
    this.#budget.book(bookJob(this.#state, { lost: 0, lostUsd: 0 }, found));
    this.#state.next += found.answeredRequests;
    return true;
  }

  /** Each job has been waited for, or was cancelled with the command. */
  async close(): Promise<void> {}

  /** Asks a range until all of it is answered, or the budget ends: how many in a row are answered. */
  async #ask(firstRequest: number, requests: number, reserved: Reservation): Promise<number> {
    let fruitless = 0;
    for (let asking = 0, reservation = reserved; ; asking += 1) {
      const range = { firstRequest, requests, asking };
      let paidUsd = 0;
      let result: CollectBatchResult;
      try {
        const submitted = await this.#again(() => this.#submit(range));
        if (submitted.batch !== null) await this.#untilEnded(range, submitted.batch);
        result = await this.#again(() => this.#collect(range, submitted.batch));
        paidUsd = bookJob(this.#state, submitted, result);
        fruitless = submitted.batch !== null && result.missing >= submitted.prompts ? fruitless + 1 : 0;
      } finally {
        reservation.settle(paidUsd);
      }
      if (result.missing === 0) return requests;
      if (fruitless > 0) await this.#waitAfter(fruitless, result.reason);
      const { promptsPerRequest } = this.#input;
      const again = this.#budget.reserve(worstCaseOfPrompts(this.#state, result.missing, promptsPerRequest));
      if (again === null) return result.answeredRequests;
      reservation = again;
    }
  }

  async #submit(range: Range): Promise<SubmitBatchResult> {
    return submitBatch(range, await this.#seeing(), this.#paidBy(range), this.#attempt);
  }

  async #collect(range: Range, batch: string | null): Promise<CollectBatchResult> {
    return collectBatch({ ...range, batch }, await this.#seeing(), this.#paidBy(range), this.#attempt);
  }

  #seeing(): Promise<GenerationRun> {
    return this.#run.seeing(this.#state.pool);
  }

  async #untilEnded(range: Range, batch: string): Promise<void> {
    const { signal } = this.#attempt;
    try {
      for (let seconds = this.#plan.pollSeconds; ; seconds = nextPollSeconds(seconds, this.#plan)) {
        const { ended, status, done, total } = await this.#again(() => pollBatch(batch, this.#run));
        this.#attempt.report({ done, total, unit: 'prompts', note: `job ${batch} ${status}` });
        if (ended) return;
        await sleep(seconds * 1000, undefined, { signal });
      }
    } catch (error) {
      // What it has answered is collected when the command is started again.
      if (signal.aborted) await cancelBatch(batch, this.#run, this.#paidBy(range)).catch(() => {});
      throw error;
    }
  }

  /** Tries a call again after what may pass. */
  #again<Result>(work: () => Promise<Result>): Promise<Result> {
    return untilItPasses(this.#attempt.signal, this.#told, OF_A_COMMAND)(work);
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
    const range = asWhat(`${firstRequest}-${firstRequest + requests - 1}`, this.#state);
    return [this.#name, range, asking].join('/');
  }
}
