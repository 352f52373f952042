import { ApplicationFailure } from '@temporalio/common';
import {
  CancellationScope,
  ContinueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChildReport } from './contracts/progress.ts';
import { reportInterval } from './decisions/screen/report-pace.ts';
import { failed } from './failed.ts';
import { reportSignal } from './messages.ts';
import { parentRun } from './parent-run.ts';

/** A child's counters on their way to its parent. One that is no step of a run keeps them at the same pace. */
export interface Reporter<Report extends ChildReport> {
  /** sends now, and throws nothing */
  send(report: Report): Promise<void>;
  /** sends where the last report is old, or the step waits for something else since, or for nothing any more */
  sendIfDue(report: Report): Promise<void>;
  /**
   * Does the whole work, and sends its last counters where it fails: a result tells a run more. Where a report finds no run
   * that would take it, the work is cancelled: nobody waits for it. A run that ends takes its steps along, but for those of before
   * a reset, which it does not know.
   */
  throughout<Result>(report: () => Report, work: () => Promise<Result>): Promise<Result>;
}

/** How a signal fails whose workflow is not there. */
const NOT_THERE = 'ExternalWorkflowExecutionNotFound';

/** @param alone takes the reports of a workflow that is no step of a run */
export function createReporter<Report extends ChildReport>(
  startedAt: number,
  alone: (report: Report) => void = () => {},
): Reporter<Report> {
  const parent = parentRun();
  const wanted = new CancellationScope();
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let lastReason: string | undefined;

  const send = async (report: Report) => {
    lastSentAt = Date.now();
    lastReason = report.waitingFor?.reason;
    if (!parent) return alone(report);
    const { runId } = workflowInfo();
    try {
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(parent.workflowId).signal(reportSignal, { runId, report }),
      );
    } catch (error) {
      if (error instanceof ApplicationFailure && error.type === NOT_THERE) wanted.cancel();
    }
  };
  return {
    send,
    async sendIfDue(report) {
      const isOld = Date.now() - lastSentAt >= reportInterval(Date.now() - startedAt);
      if (isOld || report.waitingFor?.reason !== lastReason) await send(report);
    },
    async throughout(report, work) {
      try {
        const result = await wanted.run(work);
        if (!parent) alone(report());
        return result;
      } catch (error) {
        if (!(error instanceof ContinueAsNew)) await send(report());
        const isOver = wanted.consideredCancelled && !CancellationScope.current().consideredCancelled;
        if (!isOver || !isCancellation(error)) throw error;
        throw failed(
          'NotFound',
          `The run ${parent?.workflowId} has ended, which was reset to before this step: it ends too.`,
        );
      }
    },
  };
}
