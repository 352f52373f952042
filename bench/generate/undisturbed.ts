import { availableParallelism, loadavg } from 'node:os';
import { type Processes, startProcesses } from '../../test/processes.ts';
import type { GenerateResult } from '../../workflows/contracts/generate.ts';
import { audit } from './audit.ts';
import { measureHistory } from './history.ts';
import { usageOf } from './process-usage.ts';

export interface GenerationLoad {
  target: number;
  /** requests in flight at the endpoint, at the most */
  window: number;
  /** requests that the workflow has in flight beyond these: they wait in the worker for their turn */
  ahead: number;
  promptsPerRequest: number;
  latencyMs: number;
  roundSize: number;
}

/** A real generation on a real server, a worker and an endpoint, each a process: how near to the endpoint's bound. */
export async function measureUndisturbed(load: GenerationLoad): Promise<Record<string, unknown>> {
  const answers = String(answersFor(load));
  const processes = await startProcesses({
    endpoint: ['--latency-ms', String(load.latencyMs), '--answers', answers],
    endpointConcurrency: load.window * load.promptsPerRequest,
  });
  try {
    await processes.start('data-worker');
    return await measure(processes, load);
  } finally {
    await processes.stop();
  }
}

async function measure(processes: Processes, load: GenerationLoad): Promise<Record<string, unknown>> {
  const loadBefore = loadavg()[0] ?? 0;
  const before = usages(processes);
  const begun = performance.now();
  const handle = await processes.client.workflow.start('generate', {
    taskQueue: 'alpaca',
    workflowId: 'generate',
    args: [
      {
        teacher: 'endpoint',
        target: load.target,
        concurrency: load.window + load.ahead,
        promptsPerRequest: load.promptsPerRequest,
        roundSize: load.roundSize,
      },
    ],
  });
  const reporting = setInterval(() => void sayProgress(processes, load, begun), 10_000);
  const result = (await handle.result().finally(() => clearInterval(reporting))) as GenerateResult;
  const wallSeconds = (performance.now() - begun) / 1000;
  const after = usages(processes);

  const asked = await processes.endpointLog();
  const requests = asked.length / load.promptsPerRequest;
  const boundSeconds = (requests * load.latencyMs) / 1000 / load.window;
  const history = await measureHistory(processes.client, 'generate', handle.firstExecutionRunId);
  const cpuMs = (name: 'data-worker' | 'temporal' | 'endpoint') =>
    rounded((after[name].cpuMs - before[name].cpuMs) / requests);
  return {
    rows: result.data.rows,
    stopReason: result.stopReason,
    window: load.window,
    ahead: load.ahead,
    promptsPerRequest: load.promptsPerRequest,
    roundSize: load.roundSize,
    latencySeconds: load.latencyMs / 1000,
    requests,
    askings: asked.length,
    mostAskingsInFlight: Math.max(...asked.map(({ inFlight }) => inFlight)),
    wallSeconds: rounded(wallSeconds),
    boundSeconds: rounded(boundSeconds),
    ratio: rounded(wallSeconds / boundSeconds),
    ratioAtMost: 1.15,
    orchestrationMsPerRequest: {
      wallBeyondBound: rounded(((wallSeconds - boundSeconds) * 1000) / requests),
      cpu: { dataWorker: cpuMs('data-worker'), server: cpuMs('temporal'), endpoint: cpuMs('endpoint') },
    },
    dataWorkerPeakMB: Math.round(after['data-worker'].peakMemoryMiB * MB_PER_MIB),
    dataWorkerPeakMBAtMost: 400,
    ...history,
    ...(await audit(processes, 'default', asked)),
    lost: result.lost,
    yield: result.yield,
    digest: result.data.sha256,
    cores: availableParallelism(),
    loadAverageBefore: rounded(loadBefore),
  };
}

function usages(processes: Processes) {
  const of = (name: 'data-worker' | 'temporal' | 'endpoint') => usageOf(processes.pid(name) ?? 0);
  return { 'data-worker': of('data-worker'), temporal: of('temporal'), endpoint: of('endpoint') };
}

/** Rows that an answer is sure to bring, with room for a window asked in vain and for askings that are lost. */
const FEWEST_ROWS_PER_ANSWER = 12;

function answersFor({ target, window, ahead, promptsPerRequest }: GenerationLoad): number {
  return Math.ceil(target / FEWEST_ROWS_PER_ANSWER) + 3 * (window + ahead) * promptsPerRequest;
}

async function sayProgress(processes: Processes, load: GenerationLoad, begun: number): Promise<void> {
  const asked = await processes.endpointLog();
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.error(`${seconds} s: ${asked.length} askings for ${load.target} rows`);
}

const MB_PER_MIB = 1024 ** 2 / 1e6;

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
