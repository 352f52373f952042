import { Context } from '@temporalio/activity';
import type {
  AnswerRequestInput,
  BatchRange,
  GenerateActivities,
} from '../../workflows/contracts/generate-activities.ts';
import { runAttempt } from '../activity-attempt.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { createPool } from '../dedupe/corpus/pool.ts';
import { type Admissions, createAdmissions } from '../teacher/limits/admissions.ts';
import type { TeacherProfiles } from '../teacher/profile/profiles.ts';
import { createWarmPools } from './accept/accepted-pool.ts';
import { gatherAccepted } from './accept/gather.ts';
import type { WatchedRound } from './accept/newest.ts';
import { readRecordedYield } from './accept/recorded-yield.ts';
import { acceptRound } from './accept/round.ts';
import { collectBatch } from './batch/collect.ts';
import { batchPlan, batchPrice } from './batch/job.ts';
import { submitBatch } from './batch/submit.ts';
import { cancelBatch, pollBatch } from './batch/watch.ts';
import { estimateGeneration } from './estimate.ts';
import { createRunOpener } from './generation-run.ts';
import { importRows } from './import-rows.ts';
import { findNewRows } from './new-rows.ts';
import { answerRequest, asWhat } from './request.ts';

export interface GenerateActivitiesDeps {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** holds the keys that profiles name */
  env?: NodeJS.ProcessEnv;
  /** keeps every endpoint's limits; by default those of this process alone */
  admissions?: Admissions;
}

/** The generation room as Temporal activities. */
export function createGenerateActivities({
  store,
  profiles,
  env = process.env,
  admissions = createAdmissions(),
}: GenerateActivitiesDeps): GenerateActivities {
  const openRun = createRunOpener({ store, profiles, env, admissions });
  const openSeeing = async ({ settings, pool = null }: Pick<AnswerRequestInput, 'settings' | 'pool'>) =>
    (await openRun(settings)).seeing(pool);
  const pools = createWarmPools(store, createPool);
  return {
    importRows: ({ source }) =>
      runAttempt(async (attempt) => ({ data: await importRows(source, store, attempt) })),
    findNewRows: (input) => runAttempt((attempt) => findNewRows(input, store, attempt)),
    estimateGeneration: ({ settings, target, threshold, concurrency }) =>
      runAttempt(async () => {
        const { prompts, profile } = await openRun(settings);
        const price = batchPrice(profile);
        const recorded = await readRecordedYield(store, { settings, profile, threshold });
        const estimate = estimateGeneration({ settings, prompts, target, concurrency, price, recorded });
        const batch = batchPlan(profile, prompts, settings.promptsPerRequest);
        return { ...estimate, batch };
      }),
    answerRequest: (input) =>
      runAttempt(async (attempt) => answerRequest(input, await openSeeing(input), paidBy(input), attempt)),
    submitBatch: (range) =>
      runAttempt(async (attempt) => submitBatch(range, await openSeeing(range), batchPaidBy(range), attempt)),
    pollBatch: ({ settings, batch }) => runAttempt(async () => pollBatch(batch, await openRun(settings))),
    collectBatch: (range) =>
      runAttempt(async (attempt) =>
        collectBatch(range, await openSeeing(range), batchPaidBy(range), attempt),
      ),
    cancelBatch: ({ batch, ...range }) =>
      runAttempt(async () => cancelBatch(batch, await openRun(range.settings), batchPaidBy(range))),
    acceptRound: (input) =>
      runAttempt(async (attempt) => {
        return acceptRound(input, await openSeeing(input), store, pools, attempt, watchedAs());
      }),
    gatherAccepted: (input) => runAttempt((attempt) => gatherAccepted(input, openRun, store, attempt)),
  };
}

function watchedAs(): WatchedRound | null {
  const { workflowExecution, scheduledTimestampMs } = Context.current().info;
  if (workflowExecution === undefined) return null;
  return { run: workflowExecution.workflowId, at: new Date(scheduledTimestampMs).toISOString() };
}

/** Names one asking of one run: equal for every attempt, for the activity scheduled again, and after a reset. */
function paidBy({ settings, payer, request, asking }: AnswerRequestInput): string {
  return [...workflowRun(payer), asWhat(request, settings), asking].join('/');
}

/** The same for the requests of a job. */
function batchPaidBy({ settings, payer, firstRequest, requests, asking }: BatchRange): string {
  const range = asWhat(`${firstRequest}-${firstRequest + requests - 1}`, settings);
  return [...workflowRun(payer), range, asking].join('/');
}

function workflowRun(payer: string | undefined): (string | undefined)[] {
  const { workflowExecution } = Context.current().info;
  return [workflowExecution?.workflowId, payer ?? workflowExecution?.runId];
}
