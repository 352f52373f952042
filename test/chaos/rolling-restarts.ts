import { setTimeout as sleep } from 'node:timers/promises';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import { type Processes, type ProcessName, startProcesses } from '../processes.ts';
import { failedWorkflowTasks } from './in-flight.ts';
import { STEADY_TEACHER } from './steady-teacher.ts';

export interface RollingPlan {
  input: object;
  /** from one restart to the next; a worker that takes longer to stop and start delays it */
  everyMs: number;
  /** restarts; by default the whole run has them */
  most?: number;
  /** told of every restart */
  say(line: string): void;
}

export interface RollingFigures {
  restarts: number;
  exitCodes: (number | null)[];
  /** askings that the run counted as lost */
  lost: number;
  failedWorkflowTasks: number;
  seconds: number;
  data: string;
  model: string;
}

const WORKERS = [
  'data-worker',
  'gpu-worker',
  'data-worker-2',
  'gpu-worker-2',
] as const satisfies ProcessName[];

/** A whole run over two workers of each kind. Undisturbed where there is no plan of restarts. */
export async function runOverRestarts(plan: RollingPlan | { input: object }): Promise<RollingFigures> {
  const processes = await startProcesses({ teacher: STEADY_TEACHER });
  try {
    for (const name of WORKERS) await processes.start(name);
    const begun = performance.now();
    const handle = await processes.client.workflow.start('alpaca', {
      taskQueue: 'alpaca',
      workflowId: 'rolling',
      args: [plan.input],
    });
    const exitCodes: (number | null)[] = [];
    const ended = new AbortController();
    const restarting = 'everyMs' in plan ? restart(processes, plan, exitCodes, ended.signal) : null;
    const result: AlpacaResult = await handle.result().finally(() => ended.abort());
    const seconds = (performance.now() - begun) / 1000;
    await restarting;
    return {
      restarts: exitCodes.length,
      exitCodes,
      lost: result.generate.lost,
      failedWorkflowTasks: await failedWorkflowTasks(processes.client, handle.workflowId),
      seconds,
      data: result.dedupe.data.sha256,
      model: result.train.model.sha256,
    };
  } finally {
    await processes.stop();
  }
}

/** One worker after another, until the run has ended or there were as many as there may be. */
async function restart(
  processes: Processes,
  { everyMs, most = Number.POSITIVE_INFINITY, say }: RollingPlan,
  exitCodes: (number | null)[],
  ended: AbortSignal,
): Promise<void> {
  for (let turn = 0; turn < most && !ended.aborted; turn += 1) {
    const next = sleep(everyMs, undefined, { signal: ended }).catch(() => {});
    const name = WORKERS[turn % WORKERS.length] ?? 'data-worker';
    exitCodes.push(await processes.terminate(name));
    await processes.start(name);
    say(`restart ${turn + 1}: ${name}`);
    await next;
  }
}
