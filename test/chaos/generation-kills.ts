import type { WorkflowHandle } from '@temporalio/client';
import { type Audit, audit } from '../../bench/generate/audit.ts';
import type { GenerateResult } from '../../workflows/contracts/generate.ts';
import { type Processes, startProcesses } from '../processes.ts';
import { inFlight, until } from './in-flight.ts';

export interface KillPlan {
  kills: { dataWorker: number; server: number };
  /** told of every kill */
  say(line: string): void;
}

export interface KillFigures extends Audit {
  rows: number;
  kills: KillPlan['kills'];
  /** what the endpoint was asked, all of it paid for */
  askings: number;
  /** askings that the run itself counted as lost */
  lost: number;
  /** completions paid for twice and not counted by the run */
  paidTwiceOutsideGap: number;
  secondRun: { askings: number; sent: number; sameDigest: boolean };
  wallSeconds: number;
}

const WINDOW = 16;
const LATENCY_MS = 500;
/** Askings between two kills: more than the window, so that some were answered and some are in flight. */
const ASKINGS_BETWEEN = 24;
/** No answer brings more rows: so many times the askings between, and the run outlasts its kills. */
const MOST_ROWS_PER_ANSWER = 16;

/**
 * A generation whose data worker and server are killed with SIGKILL while requests are in flight, against an
 * endpoint that answers every asking differently; then the same once more over the ledger that is left.
 */
export async function generateUnderKills(plan: KillPlan): Promise<KillFigures> {
  const kills = plan.kills.dataWorker + plan.kills.server;
  const target = (kills + 1) * ASKINGS_BETWEEN * MOST_ROWS_PER_ANSWER;
  // Every kill may lose a window, and a window may be asked in vain at the end.
  const answers = (kills + 2) * (2 * ASKINGS_BETWEEN + 2 * WINDOW);
  const processes = await startProcesses({
    endpoint: ['--latency-ms', String(LATENCY_MS), '--answers', String(answers)],
  });
  try {
    await processes.start('data-worker');
    return await killAndCount(processes, plan, {
      teacher: 'endpoint',
      target,
      concurrency: WINDOW,
      promptsPerRequest: 1,
    });
  } finally {
    await processes.stop();
  }
}

async function killAndCount(
  processes: Processes,
  { kills, say }: KillPlan,
  input: Record<string, unknown>,
): Promise<KillFigures> {
  const begun = performance.now();
  const start = (workflowId: string) =>
    processes.client.workflow.start('generate', { taskQueue: 'alpaca', workflowId, args: [input] });
  const handle = await start('killed');
  for (const [index, victim] of orderOf(kills).entries()) {
    await untilWorkIsInFlight(processes, handle);
    await processes.kill(victim);
    say(`kill ${index + 1}: ${victim}, after ${(await processes.endpointLog()).length} askings`);
    await processes.start(victim);
  }
  const killed = (await handle.result()) as GenerateResult;
  const asked = await processes.endpointLog();

  const again = (await (await start('again')).result()) as GenerateResult;
  const figures = await audit(processes, 'default', asked);
  return {
    rows: killed.data.rows,
    kills,
    askings: asked.length,
    lost: killed.lost,
    paidTwiceOutsideGap: Math.max(0, figures.paidAndLost - killed.lost),
    ...figures,
    secondRun: {
      askings: (await processes.endpointLog()).length - asked.length,
      sent: again.sent,
      sameDigest: again.data.sha256 === killed.data.sha256,
    },
    wallSeconds: Math.round((performance.now() - begun) / 1000),
  };
}

/** The server's kills spread evenly among the worker's. */
function orderOf({ dataWorker, server }: KillPlan['kills']): Array<'data-worker' | 'temporal'> {
  const total = dataWorker + server;
  return Array.from({ length: total }, (_, index) =>
    Math.floor(((index + 1) * server) / total) > Math.floor((index * server) / total)
      ? 'temporal'
      : 'data-worker',
  );
}

/** The run has gone on since the last kill, a worker is at a request, and an asking is unanswered. */
async function untilWorkIsInFlight(processes: Processes, handle: WorkflowHandle): Promise<void> {
  const before = (await processes.endpointLog()).length;
  await until(async () => {
    const asked = await processes.endpointLog();
    const latest = asked.at(-1)?.arrived ?? 0;
    const unanswered = Date.now() - latest < LATENCY_MS / 2;
    return (
      asked.length >= before + ASKINGS_BETWEEN && unanswered && (await inFlight(handle, 'answerRequest'))
    );
  });
}
