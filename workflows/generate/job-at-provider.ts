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
import { reasonWithin } from '../contracts/run/record.ts';
import type { Control } from '../control.ts';
import type { Reservation } from '../decisions/budget.ts';
import type { GenerationState } from '../decisions/generation-state.ts';
import { nextPollSeconds } from '../decisions/next-job.ts';
import { seenPool } from '../decisions/next-round.ts';
import { despiteStops, type Outage } from '../outage.ts';

/** Consecutive requests that are asked by the job. */
export interface Job {
  firstRequest: number;
  requests: number;
  asking: number;
  /** null where there was no money: it is looked for in the ledger alone */
  reservation: Reservation | null;
  /** the provider's id; null while it is not known, or nothing is asked */
  batch: string | null;
  /** for a person: what became of it at the last look */
  state: string;
}

export function words({ firstRequest, requests }: Pick<Job, 'firstRequest' | 'requests'>): string {
  return `requests ${firstRequest} to ${firstRequest + requests - 1}`;
}

export interface JobSurroundings {
  input: GenerateInput;
  plan: JobPlan;
  state: Pick<GenerationState, 'seedTasks' | 'pool' | 'stage' | 'tasks'>;
  control: Control;
  outage: Outage;
  changed(): Promise<void>;
  /** false where what a job brings is of no use any more */
  wanted(): boolean;
}

/** What is done with one job at the provider, by activities: each through outages. */
export class JobAtProvider {
  readonly #around: JobSurroundings;
  readonly #scheduling: Priority;

  constructor(around: JobSurroundings) {
    this.#around = around;
    this.#scheduling = schedulingOf(around.input);
  }

  async submit(job: Job): Promise<SubmitBatchResult> {
    job.state = `submitting ${words(job)}`;
    await this.#around.changed();
    return this.#throughOutages(job, async () => {
      try {
        const submitted = await submitting(words(job), this.#scheduling).submitBatch(this.#range(job));
        job.batch = submitted.batch;
        job.reservation?.lower(submitted.worstCaseUsd);
        return submitted;
      } catch (error) {
        if (isCancellation(error)) await this.#cancel(job);
        throw error;
      }
    });
  }

  /** Looks at a job until it has ended, at growing intervals; cancels it when it is not wanted any more. */
  async untilEnded(job: Job, batch: string): Promise<void> {
    const { plan, changed, wanted } = this.#around;
    let seconds = plan.pollSeconds;
    let cancelled = false;
    try {
      for (;;) {
        const look = await this.#throughOutages(job, () =>
          watching(words(job), this.#scheduling).pollBatch({ ...this.#range(job), batch }),
        );
        job.state = `job ${batch} ${look.status}, ${look.done} of ${look.total} prompts`;
        await changed();
        if (look.ended) return;
        if (!wanted() && !cancelled) {
          await this.#throughOutages(job, () =>
            watching(words(job), this.#scheduling).cancelBatch({ ...this.#range(job), batch }),
          );
          cancelled = true;
          seconds = plan.pollSeconds;
        }
        const stops = () => !cancelled && !wanted();
        await condition(stops, seconds * 1000, { summary: `next look at ${words(job)}` });
        seconds = nextPollSeconds(seconds, plan);
      }
    } catch (error) {
      if (isCancellation(error)) await this.#cancel(job);
      throw error;
    }
  }

  collect(job: Job, batch: string | null): Promise<CollectBatchResult> {
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

  #throughOutages<Result>(job: Job, work: () => Promise<Result>): Promise<Result> {
    return this.#around.outage.through(work, (reason) => `${words(job)}: ${reason}`);
  }

  #range({ firstRequest, requests, asking }: Job): BatchRange {
    const { input, state, control } = this.#around;
    const settings = requestSettings(input, state.seedTasks, state);
    return { settings, firstRequest, requests, ...seenPool(settings, state), asking, payer: control.payer };
  }
}
