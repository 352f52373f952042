import {
  CancellationScope,
  ContinueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
} from '@temporalio/workflow';
import type { ChildReport } from './contracts/progress.ts';
import { reportInterval } from './decisions/screen/report-pace.ts';
import { reportSignal } from './messages.ts';
import { parentRun } from './parent-run.ts';

/** A child's counters on their way to its parent. One that is no step of a run keeps them at the same pace. */
export interface Reporter<Report extends ChildReport> {
  /** sends now */
  send(report: Report): Promise<void>;
  /** sends where the last report is old, or the step waits for something else since, or for nothing any more */
  sendIfDue(report: Report): Promise<void>;
  /** Does the whole work, and sends its last counters however it ends. */
  throughout<Result>(report: () => Report, work: () => Promise<Result>): Promise<Result>;
}

/** @param alone takes the reports of a workflow that is no step of a run */
export function createReporter<Report extends ChildReport>(
  startedAt: number,
  alone: (report: Report) => void = () => {},
): Reporter<Report> {
  const parent = parentRun();
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let lastReason: string | undefined;

  const send = async (report: Report) => {
    lastSentAt = Date.now();
    lastReason = report.waitingFor?.reason;
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
      const isOld = Date.now() - lastSentAt >= reportInterval(Date.now() - startedAt);
      if (isOld || report.waitingFor?.reason !== lastReason) await send(report);
    },
    async throughout(report, work) {
      const sendLast = () => CancellationScope.nonCancellable(() => send(report()));
      try {
        const result = await work();
        await sendLast();
        return result;
      } catch (error) {
        if (!(error instanceof ContinueAsNew)) await sendLast();
        throw error;
      }
    },
  };
}
