import { type ParentWorkflowInfo, workflowInfo } from '@temporalio/workflow';
import type { SettingsInForce } from './contracts/progress.ts';
import { isHandOver } from './decisions/start/resolve-start.ts';

/** Who pays, as it was handed over. */
let payer: SettingsInForce['payer'];

/**
 * Takes note of who started this workflow, before anything else of it.
 *
 * @param second its second argument
 */
export function noteWhoStartedIt(second: unknown): void {
  payer = isHandOver(second) ? (second.handedOver as Partial<SettingsInForce> | null)?.payer : undefined;
}

/**
 * The run that has this workflow as a step; undefined where it runs by itself, as one does that another service's
 * workflow starts as its child. Such a one has a parent too: a run is told by what it hands over, which names it in
 * what is paid for. A workflow that continues as new hands on the name of its run, or where it has none, its own.
 */
export function parentRun(): ParentWorkflowInfo | undefined {
  const { parent, firstExecutionRunId } = workflowInfo();
  return payer === undefined || payer === firstExecutionRunId ? undefined : parent;
}
