import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import { measure } from '../../activities/telemetry.ts';
import { pauseKind } from '../../workflows/contracts/progress.ts';
import { openState } from '../../workflows/decisions/progress-of.ts';
import { COST_USD, STATE } from '../../workflows/search-attributes.ts';
import type { MeasuredRun, RunSinks } from '../../workflows/show.ts';

const LOOK_EVERY_MS = 60_000;

type OpenRun = MeasuredRun & { workflowId: string };

/**
 * The open runs that a worker's workflows have told of, by what is measured of them together: a run has no series of its
 * own, which would stay behind it. One that is replayed tells again, so that a worker that was started again knows of a
 * run as soon as it has anything to do for it. Another worker may have it since: two can know of one run for a while.
 */
export class MeasuredRuns {
  /** by run id: an earlier run of a chain, which a query replays, has the workflow id of the one that is open */
  readonly #open = new Map<string, OpenRun>();
  readonly #looking: NodeJS.Timeout;

  readonly sinks: InjectedSinks<RunSinks> = {
    runs: {
      stands: {
        fn: ({ workflowId, runId }, run) => {
          this.#open.set(runId, { ...run, workflowId });
          this.#measure();
        },
        callDuringReplay: true,
      },
      ended: { fn: ({ runId }) => this.#forget(runId), callDuringReplay: true },
    },
  };

  /** @param client is asked once a minute what has become of them elsewhere, or without a word */
  constructor(client: Pick<Client, 'workflow'>) {
    this.#looking = setInterval(() => void this.look(client), LOOK_EVERY_MS).unref();
    this.#measure();
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async look({ workflow }: Pick<Client, 'workflow'>): Promise<void> {
    for (const [runId, { workflowId }] of [...this.#open]) {
      try {
        this.#found(runId, await workflow.getHandle(workflowId, runId).describe());
      } catch (error) {
        // A server that is away is asked again; the others may be found meanwhile.
        if (error instanceof WorkflowNotFoundError) this.#forget(runId);
      }
    }
    this.#measure();
  }

  /** What it waits for is as the server has it. Who has spent more than was told here is told of by another worker. */
  #found(runId: string, { status, typedSearchAttributes: attributes }: WorkflowExecutionDescription): void {
    const run = this.#open.get(runId);
    if (run === undefined) return;
    const isHere = status.name === 'RUNNING' && (attributes.get(COST_USD) ?? 0) <= run.costUsd;
    const state = attributes.get(STATE);
    const waitsFor = pauseKind.options.find((reason) => openState(reason) === state) ?? null;
    if (!isHere) this.#forget(runId);
    else if (state !== undefined) this.#open.set(runId, { ...run, pauseKind: waitsFor });
  }

  #forget(runId: string): void {
    if (this.#open.delete(runId)) this.#measure();
  }

  #measure(): void {
    const runs = [...this.#open.values()];
    for (const reason of pauseKind.options)
      measure('alpaca_runs_waiting', runs.filter((run) => run.pauseKind === reason).length, { reason });
    const budgets = runs.flatMap(({ costUsd, budgetUsd }) => (budgetUsd ? [{ costUsd, budgetUsd }] : []));
    measure(
      'alpaca_budget_left_dollars',
      budgets.reduce((sum, { costUsd, budgetUsd }) => sum + Math.max(0, budgetUsd - costUsd), 0),
    );
    measure(
      'alpaca_budget_used_ratio',
      Math.max(0, ...budgets.map(({ costUsd, budgetUsd }) => costUsd / budgetUsd)),
    );
  }
}
