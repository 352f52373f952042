import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { LimiterOf } from '../activities/teacher/limits/admissions.ts';
import type { TeacherProfile } from '../activities/teacher/profile/profiles.ts';
import {
  type LeaseReply,
  type LimitsView,
  type RateLimitInput,
  rateLimitWorkflowId,
} from '../workflows/contracts/fleet/rate-limit.ts';
import { summaryOf } from '../workflows/decisions/screen/summary-text.ts';

/** The workflow, as its callers see it. */
export type Limiter = (input: RateLimitInput) => Promise<LimitsView>;

/** A call that the server does not answer is given up after this, and made again, in milliseconds. */
const CALL_TIMEOUT_MS = 20_000;
/** So long a first request may wait to learn whether a person limits it. */
const LOOK_TIMEOUT_MS = 5_000;

/**
 * The fleet's limiters: one workflow a profile, which the first call starts, and which ends when nobody
 * asks. The workers of a task queue share it, and no others: a profile's name stands for one endpoint in all
 * of them.
 */
export function fleetLimiter(client: Client, taskQueue: string): LimiterOf {
  return (profile) => ({
    lease: (call) =>
      client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
        client.workflow.executeUpdateWithStart<Limiter, LeaseReply, [typeof call]>('lease', {
          updateId: randomUUID(),
          args: [call],
          startWorkflowOperation: startLimiter(profile, taskQueue),
        }),
      ),
    limitedByPerson: () =>
      client.withDeadline(Date.now() + LOOK_TIMEOUT_MS, () => hasLimitsSet(client, profile, taskQueue)),
  });
}

/** Whether a person limits a profile now; a limiter that has ended limits nothing. */
async function hasLimitsSet(client: Client, { name }: TeacherProfile, taskQueue: string): Promise<boolean> {
  const limiter = client.workflow.getHandle(rateLimitWorkflowId(taskQueue, name));
  try {
    const { status } = await limiter.describe();
    return status.name === 'RUNNING' && (await limiter.query<LimitsView>('limits')).sources.set !== null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Starts a profile's limiter, unless it runs. */
export function startLimiter(profile: Pick<TeacherProfile, 'name' | 'limits'>, taskQueue: string) {
  const input: RateLimitInput = {
    profile: profile.name,
    windowSeconds: profile.limits?.windowSeconds ?? 60,
  };
  return new WithStartWorkflowOperation<Limiter>('rateLimit', {
    workflowId: rateLimitWorkflowId(taskQueue, profile.name),
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: summaryOf('rateLimit', input),
  });
}
