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
  /** sends where the last report is old, or this one says something worth telling, or the step waits for something else since, or for nothing any more */
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

interface ReporterOptions<Report> {
  /** takes the reports of a workflow that is no step of a run */
  alone?: ((report: Report) => void) | undefined;
  /** whether a report says something that does not wait for its time, after the last one, of so many milliseconds ago */
  isWorthTelling?: (report: Report, last: Report, sinceMs: number) => boolean;
}

export function createReporter<Report extends ChildReport>(
  startedAt: number,
  { alone = () => {}, isWorthTelling = () => false }: ReporterOptions<Report> = {},
): Reporter<Report> {
  const parent = parentRun();
  const wanted = new CancellationScope();
  let last: { at: number; report: Report } | undefined;

  const send = async (report: Report) => {
    last = { at: Date.now(), report };
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
      if (last === undefined) return send(report);
      const sinceMs = Date.now() - last.at;
      const isDue =
        sinceMs >= reportInterval(Date.now() - startedAt) ||
        report.waitingFor?.reason !== last.report.waitingFor?.reason ||
        isWorthTelling(report, last.report, sinceMs);
      if (isDue) await send(report);
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
