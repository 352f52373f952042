import { z } from 'zod';
import { type PauseKind, progress, stage } from '../../../workflows/contracts/progress.ts';
import type { RunView } from '../../runs/runs.ts';
import { shownProgress, stateText } from '../runs/run-texts.ts';

/** A run as a model is told it: what it needs to decide what to do next, and nothing else. */
export const agentRun = z.strictObject({
  workflowId: z.string(),
  runId: z.string(),
  workflow: z.string(),
  status: z.string().describe('RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED or TIMED_OUT'),
  closedAt: z.string().nullable().describe('Null while it goes on'),
  doing: z.string().describe('In one line; empty where it has ended'),
  waitsFor: progress.shape.pauseKind.describe('Null where it waits for nothing'),
  stages: z.array(stage.pick({ name: true, state: true, done: true, total: true, unit: true })),
  accepted: z.number().nullable(),
  target: z.number().nullable(),
  costUsd: z.number().nullable(),
  budgetUsd: z.number().nullable(),
  secondsLeftInStage: z.number().nullable(),
  failure: z.string().nullable().describe('Why it failed; null where it did not'),
});
export type AgentRun = z.infer<typeof agentRun>;

export function agentRunOf(run: RunView): AgentRun {
  const { workflowId, runId, workflow, status, closedAt, progress: now, failure } = run;
  return {
    ...{ workflowId, runId, workflow, status, closedAt, doing: stateText(run) },
    waitsFor: closedAt === null ? (now?.pauseKind ?? null) : null,
    stages: (now?.stages ?? []).map(({ name, state, done, total, unit }) => ({
      ...{ name, state, done, total, unit },
    })),
    accepted: now?.accepted ?? run.accepted,
    target: now?.target ?? null,
    costUsd: now?.costUsd ?? run.costUsd,
    budgetUsd: now?.budgetUsd ?? null,
    secondsLeftInStage: closedAt === null ? (now?.etaSeconds ?? null) : null,
    failure,
  };
}

/** What a change of is worth telling a model at once: counters are not. */
export function standingOf({ status, doing, stages }: AgentRun): string {
  return JSON.stringify([status, doing, stages.map(({ name, state }) => [name, state])]);
}

/** The same in a few lines, with the tool that comes next. */
export function agentRunText(run: RunView): string {
  const { workflowId, workflow, status, progress: now, failure, closedAt } = run;
  const doing = stateText(run);
  const lines = [`${workflowId} (${workflow}): ${status}${doing === '' ? '' : `. ${doing}`}`];
  if (failure !== null) lines.push(`why: ${failure}`);
  if (now !== null) {
    const { accepted, cost, loss, eta, stages } = shownProgress(now, status);
    lines.push(`accepted ${accepted}; cost ${cost}; loss ${loss}; left in this stage ${eta}`);
    lines.push(
      ...stages.map(({ name, state, done, note }) =>
        [`  ${name}: ${state}`, done, note].filter((part) => part !== '').join('; '),
      ),
    );
  }
  const next = closedAt === null ? NEXT[now?.pauseKind ?? 'nothing'] : nextOf(run);
  return [...lines, `next: ${next}`].join('\n');
}

const NEXT: Readonly<Record<PauseKind | 'nothing', string>> = {
  nothing: 'follow_run again; it goes on whether or not anybody follows it',
  person: 'resume_run',
  budget: 'set_budget with a higher one, if the user grants it; else cancel_run',
  teacher: 'it tries again by itself; resume_run tries at once',
  storage: 'it tries again by itself; resume_run tries at once',
  outage: 'it tries again by itself; resume_run tries at once',
};

function nextOf({ status, result }: RunView): string {
  if (result !== null) return 'read_report, ask_model';
  return status === 'COMPLETED'
    ? 'nothing: a step by itself has no report'
    : 'start_run again, once its cause is gone';
}
