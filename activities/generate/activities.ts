import { Context } from '@temporalio/activity';
import type { AnswerRequestInput, GenerateActivities } from '../../workflows/contracts/activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { runAttempt } from '../attempt.ts';
import { createPool } from '../dedupe/pool.ts';
import { priceOf, type TeacherProfiles } from '../teacher/profiles.ts';
import { createWarmPools } from './accepted-pool.ts';
import { estimateGeneration } from './estimate.ts';
import { gatherAccepted } from './gather.ts';
import { createRunOpener } from './generation-run.ts';
import { importRows } from './import-rows.ts';
import { readRecordedYield } from './recorded-yield.ts';
import { answerRequest } from './request.ts';
import { acceptRound } from './round.ts';

export interface GenerateActivitiesDeps {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** holds the keys that profiles name */
  env?: NodeJS.ProcessEnv;
}

/** The generation room as Temporal activities. */
export function createGenerateActivities({
  store,
  profiles,
  env = process.env,
}: GenerateActivitiesDeps): GenerateActivities {
  const openRun = createRunOpener({ store, profiles, env });
  const pools = createWarmPools(store, createPool);
  return {
    importRows: ({ source }) =>
      runAttempt(async (attempt) => ({ data: await importRows(source, store, attempt) })),
    estimateGeneration: ({ settings, target, threshold, concurrency }) =>
      runAttempt(async () => {
        const { prompts, profile } = await openRun(settings);
        const price = priceOf(profile);
        const recorded = await readRecordedYield(store, { settings, profile, threshold });
        return estimateGeneration({ settings, prompts, target, concurrency, price, recorded });
      }),
    answerRequest: (input) =>
      runAttempt(async (attempt) =>
        answerRequest(input, await openRun(input.settings), paidBy(input), attempt),
      ),
    acceptRound: (input) =>
      runAttempt(async (attempt) => acceptRound(input, await openRun(input.settings), store, pools, attempt)),
    gatherAccepted: ({ pool }) => runAttempt((attempt) => gatherAccepted(pool, store, attempt.signal)),
  };
}

/** Names one asking of one workflow run: equal for every attempt, and for the activity scheduled again. */
function paidBy({ request, asking }: AnswerRequestInput): string {
  const { workflowExecution } = Context.current().info;
  return [workflowExecution?.workflowId, workflowExecution?.runId, request, asking].join('/');
}
