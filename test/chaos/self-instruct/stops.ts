import type { WorkflowHandle } from '@temporalio/client';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import type { SelfInstructStage } from '../../../workflows/contracts/run/stages.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type Processes, startProcesses } from '../../processes.ts';
import { answered, entriesOf, reset } from '../generation-stops.ts';
import { inFlight, until } from '../in-flight.ts';
import { STEADY_TEACHER } from '../steady-teacher.ts';

const STAGES: readonly SelfInstructStage[] = ['instructions', 'classification', 'instances'];

export interface StopFigures {
  /** the stage that each stop met */
  stages: string[];
  /** answers that the teacher gave */
  paid: number;
  /** answers in the ledger */
  kept: number;
  lost: number;
  sha256: string;
}

/** Small runs of Self-Instruct over one server, teacher and worker; each has a ledger of its own. */
export interface StoppedRuns {
  undisturbed(): Promise<StopFigures>;
  /** its worker is stopped by SIGTERM in each stage, and another started */
  terminated(): Promise<StopFigures & { exitCodes: (number | null)[] }>;
  /** it is reset in each stage, to a point about halfway through what it has done */
  reset(): Promise<StopFigures>;
  stop(): Promise<void>;
}

export async function startStoppedRuns(): Promise<StoppedRuns> {
  const processes = await startProcesses({ teacher: STEADY_TEACHER });
  try {
    await processes.start('data-worker');
  } catch (error) {
    await processes.stop();
    throw error;
  }
  const run = (ledger: string, stop?: (handle: WorkflowHandle) => Promise<WorkflowHandle>) =>
    runStopped(processes, ledger, stop);
  return {
    undisturbed: () => run('undisturbed'),
    async terminated() {
      const exitCodes: (number | null)[] = [];
      const figures = await run('terminated', async (handle) => {
        exitCodes.push(await processes.terminate('data-worker'));
        await processes.start('data-worker');
        return handle;
      });
      return { ...figures, exitCodes };
    },
    reset: () => run('reset', (handle) => reset(processes, handle, 0.5)),
    stop: () => processes.stop(),
  };
}

async function runStopped(
  processes: Processes,
  ledger: string,
  stop?: (handle: WorkflowHandle) => Promise<WorkflowHandle>,
): Promise<StopFigures> {
  // It answers by how often it was asked the same: a new one knows of no run before.
  await processes.kill('teacher');
  await processes.start('teacher');
  const before = (await answered(processes)).length;
  const input = {
    ...{ method: 'self-instruct', target: 12, promptsPerRequest: 1, ledger },
    ...{ concurrency: 4, roundSize: 2, seesAfter: 4 },
  };
  const started = { taskQueue: 'alpaca', workflowId: ledger, args: [input] };
  let handle: WorkflowHandle = await processes.client.workflow.start('generate', started);
  const stages: string[] = [];
  for (const stage of stop ? STAGES : []) {
    await until(async () => (await stageOf(handle)) === stage && (await inFlight(handle, 'answerRequest')));
    stages.push(await stageOf(handle));
    handle = (await stop?.(handle)) ?? handle;
  }
  const { lost, data } = (await handle.result()) as GenerateResult;
  const paid = (await answered(processes)).length - before;
  const kept = (await entriesOf(processes, ledger)).length;
  return { stages, paid, kept, lost, sha256: data.sha256 };
}

async function stageOf(handle: WorkflowHandle): Promise<string> {
  const { stages } = await handle.query(progressQuery);
  const note = stages.find(({ name }) => name === 'generate')?.note ?? '';
  return /instructions|classification|instances/.exec(note)?.[0] ?? note;
}
