import { getExternalWorkflowHandle, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ChildReport } from './contracts/progress.ts';
import { reportSignal } from './messages.ts';

/** A child's counters on their way to its parent. A workflow without one keeps them at the same pace. */
export interface Reporter<Report extends ChildReport> {
  /** sends now */
  send(report: Report): Promise<void>;
  /** sends unless the last report is too fresh */
  sendIfDue(report: Report): Promise<void>;
}

export const SHORTEST_INTERVAL_MS = 3000;
/** A report costs its parent a few events: over a long run the interval grows with the time gone by. */
export const SHARE_OF_ELAPSED = 0.01;

/** @param alone takes the reports of a workflow that has no parent */
export function createReporter<Report extends ChildReport>(
  startedAt: number,
  alone: (report: Report) => void = () => {},
): Reporter<Report> {
  const parent = workflowInfo().parent;
  let lastSent = Number.NEGATIVE_INFINITY;

  const send = async (report: Report) => {
    lastSent = Date.now();
    if (!parent) return alone(report);
    try {
      await getExternalWorkflowHandle(parent.workflowId).signal(reportSignal, report);
    } catch (error) {
      // A parent that has gone needs no counters; the step itself is not to fail for that.
      if (isCancellation(error)) throw error;
    }
  };
  return {
    send,
    async sendIfDue(report) {
      const interval = Math.max(SHORTEST_INTERVAL_MS, (Date.now() - startedAt) * SHARE_OF_ELAPSED);
      if (Date.now() - lastSent >= interval) await send(report);
    },
  };
}
