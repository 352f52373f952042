import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import { measure } from '../../activities/telemetry.ts';
import { pauseKind } from '../../workflows/contracts/progress.ts';
import type { MeasuredRun, RunSinks } from '../../workflows/show.ts';

const LOOK_EVERY_MS = 60_000;

/**
 * The open runs that a worker's workflows have told of, by what is measured of them together: a run has no series of its
 * own, which would stay behind it. One that is replayed tells again, so that a worker that was started again knows of a
 * run as soon as it has anything to do for it.
 */
export class MeasuredRuns {
  readonly #open = new Map<string, MeasuredRun>();
  readonly #looking: NodeJS.Timeout;

  readonly sinks: InjectedSinks<RunSinks> = {
    runs: {
      stands: {
        fn: ({ workflowId }, run) => {
          this.#open.set(workflowId, run);
          this.#measure();
        },
        callDuringReplay: true,
      },
      ended: { fn: ({ workflowId }) => this.#forget(workflowId), callDuringReplay: true },
    },
  };

  /** @param client is asked once a minute which of them have ended without a word, as those that are terminated do */
  constructor(client: Pick<Client, 'workflow'>) {
    this.#looking = setInterval(() => void this.look(client).catch(() => {}), LOOK_EVERY_MS).unref();
    this.#measure();
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async look({ workflow }: Pick<Client, 'workflow'>): Promise<void> {
    for (const workflowId of [...this.#open.keys()]) {
      const isOpen = await workflow
        .getHandle(workflowId)
        .describe()
        .then(({ status }) => status.name === 'RUNNING')
        .catch((error) => {
          if (error instanceof WorkflowNotFoundError) return false;
          throw error;
        });
      if (!isOpen) this.#forget(workflowId);
    }
  }

  #forget(workflowId: string): void {
    if (this.#open.delete(workflowId)) this.#measure();
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
