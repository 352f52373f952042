import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { PhiloxStream, shuffledIndices } from '../../activities/philox.ts';
import type { GenerateResult } from '../../workflows/contracts/generate.ts';
import { type Processes, startProcesses } from '../processes.ts';
import { inFlight, until } from './in-flight.ts';
import { STEADY_TEACHER } from './steady-teacher.ts';

export interface StopPlan {
  stops: number;
  /** instructions to reach */
  target: number;
  seed: number;
  /** told of every stop */
  say(line: string): void;
}

export interface StopFigures {
  /** answers that the teacher gave */
  paid: number;
  /** answers in the ledger */
  kept: number;
  /** what the last run counted as lost */
  lost: number;
  exitCodes: (number | null)[];
  sameDigest: boolean;
  stops: Record<Stop, number>;
}

const STOPS = ['SIGTERM', 'cancel', 'reset', 'terminate'] as const;
type Stop = (typeof STOPS)[number];

/**
 * One generation that is stopped in order, again and again, while requests are in flight: its worker by SIGTERM, its
 * run by a cancellation or a termination, after which it is started again, or by a reset to some earlier point.
 * Beside it, the same generation undisturbed. What was paid for is counted from the teacher's own log.
 */
export async function generateUnderStops(plan: StopPlan): Promise<StopFigures> {
  const input = { target: plan.target, concurrency: 8, roundSize: 4, promptsPerRequest: 1 };
  const undisturbed = await withProcesses(async (processes) => {
    const handle = await start(processes, 'undisturbed', input);
    return (await handle.result()) as GenerateResult;
  });
  return withProcesses(async (processes) => {
    const random = new PhiloxStream(plan.seed, 'shuffle', 0);
    const order = shuffledIndices(plan.stops, random).map((at) => STOPS[at % STOPS.length] ?? 'SIGTERM');
    const exitCodes: (number | null)[] = [];
    let handle = await start(processes, 'stopped-0', input);
    for (const [index, stop] of order.entries()) {
      await untilWorkIsInFlight(processes, handle);
      plan.say(`stop ${index + 1}: ${stop}, after ${(await answered(processes)).length} answers`);
      if (stop === 'SIGTERM') {
        exitCodes.push(await processes.terminate('data-worker'));
        await processes.start('data-worker');
      } else if (stop === 'cancel') {
        await handle.cancel();
        await handle.result().catch(() => {});
        handle = await start(processes, `stopped-${index + 1}`, input);
      } else if (stop === 'terminate') {
        await handle.terminate();
        handle = await start(processes, `stopped-${index + 1}`, input);
      } else handle = await reset(processes, handle, random.nextUniform());
    }
    const result = (await handle.result()) as GenerateResult;
    return {
      paid: (await answered(processes)).length,
      kept: (await entriesOf(processes)).length,
      lost: result.lost,
      exitCodes,
      sameDigest: result.data.sha256 === undisturbed.data.sha256,
      stops: {
        SIGTERM: order.filter((stop) => stop === 'SIGTERM').length,
        cancel: order.filter((stop) => stop === 'cancel').length,
        reset: order.filter((stop) => stop === 'reset').length,
        terminate: order.filter((stop) => stop === 'terminate').length,
      },
    };
  });
}

async function withProcesses<Result>(work: (processes: Processes) => Promise<Result>): Promise<Result> {
  const processes = await startProcesses({ teacher: STEADY_TEACHER });
  try {
    await processes.start('data-worker');
    return await work(processes);
  } finally {
    await processes.stop();
  }
}

function start({ client }: Processes, workflowId: string, input: object): Promise<WorkflowHandle> {
  return client.workflow.start('generate', { taskQueue: 'alpaca', workflowId, args: [input] });
}

/** To one of the points that a person may choose: a completed workflow task. */
export async function reset(
  { client }: Processes,
  handle: WorkflowHandle,
  where: number,
): Promise<WorkflowHandle> {
  const { workflowId } = handle;
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const points = (events ?? []).filter(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: points[Math.floor(where * points.length)]?.eventId ?? null,
    reason: 'a test',
    requestId: `${runId}-${where}`,
  });
  return client.workflow.getHandle(workflowId);
}

/** The answers that the teacher gave. */
export async function answered(processes: Processes) {
  const log = await processes.teacherLog();
  return log.filter(({ path, status }) => path.includes('completions') && status === 200);
}

/** The answers in a ledger. */
export async function entriesOf({ folder }: Processes, ledger = 'default'): Promise<string[]> {
  const home = join(folder, 'store', 'entries', 'ledger', ledger);
  return (await readdir(home, { recursive: true })).filter((name) => /\/[0-9a-f]{64}\.json$/.test(name));
}

/** The run has gone on since the last stop, and a worker is at a request: such a stop meets work in flight. */
async function untilWorkIsInFlight(processes: Processes, handle: WorkflowHandle): Promise<void> {
  const before = (await answered(processes)).length;
  await until(
    async () => (await answered(processes)).length > before + 4 && (await inFlight(handle, 'answerRequest')),
  );
}
