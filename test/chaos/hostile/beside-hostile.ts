import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { type Processes, startProcesses } from '../../processes.ts';
import { startHostileEndpoint } from '../../unit/activities/teacher/hostile-endpoint.ts';
import { failedWorkflowTasks, inFlight, until } from '../in-flight.ts';
import { STEADY_TEACHER } from '../steady-teacher.ts';
import { type Attack, answerHostilely, type HostileRun, hostileRuns } from './hostile-inputs.ts';

export interface BesideFigures {
  seconds: number;
  data: string;
  model: string;
  failedWorkflowTasks: number;
  /** how the hostile runs ended, or that they had not when the honest one did */
  hostile: string[];
}

/**
 * An honest run, and beside it hostile ones of one kind: all of them as it begins, and all of them once more as its
 * training does. Alone where there is no attack.
 */
export async function runBeside(attack: Attack | null, input: object): Promise<BesideFigures> {
  let turn = 0;
  const endpoint = await startHostileEndpoint((response) => {
    turn += 1;
    answerHostilely(response, turn);
  });
  const processes = await startProcesses({
    teacher: STEADY_TEACHER,
    // The folder is known once they are there, and is beneath this one.
    env: { ALPACA_IMPORT_FOLDERS: tmpdir() },
    profiles: () => ({
      hostile: {
        baseUrl: endpoint.baseUrl,
        model: 'hostile',
        timeoutMs: 20_000,
        price: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 },
      },
    }),
  });
  try {
    const import_ = join(processes.folder, 'import');
    await mkdir(import_);
    const runs = attack === null ? [] : (await hostileRuns(import_))[attack];
    await processes.start('data-worker');
    await processes.start('gpu-worker');
    const begun = performance.now();
    const honest = await start(processes, { workflow: 'alpaca', input }, 'honest');
    const first = await Promise.all(runs.map((run, at) => start(processes, run, `first-${at}`)));
    await until(() => inFlight(processes.client.workflow.getHandle('honest/train'), 'trainShard'));
    const second = await Promise.all(runs.map((run, at) => start(processes, run, `second-${at}`)));
    const result: AlpacaResult = await honest.result();
    const seconds = (performance.now() - begun) / 1000;
    const ends = await Promise.all([...first, ...second].map((handle) => handle.describe()));
    return {
      seconds,
      data: result.dedupe.data.sha256,
      model: result.train.model.sha256,
      failedWorkflowTasks: await failedWorkflowTasks(processes.client),
      hostile: ends.map(({ status }) => status.name),
    };
  } finally {
    await processes.stop();
    await endpoint[Symbol.asyncDispose]();
  }
}

function start({ client }: Processes, { workflow, input }: HostileRun, workflowId: string) {
  return client.workflow.start(workflow, { taskQueue: 'alpaca', workflowId, args: [input] });
}
