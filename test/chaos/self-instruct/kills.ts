import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PhiloxStream } from '../../../activities/philox.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type Processes, type ProcessName, startProcesses } from '../../processes.ts';
import { until, workersAt } from '../in-flight.ts';

export interface KillPlan {
  kills: number;
  /** at work at once, 1 to 3 */
  workers: number;
  /** instructions to accept: each is two requests more */
  target: number;
  /** answers between two kills, at the least; kills are spread over what the run asks for */
  every: number;
  /** of which process is killed */
  seed: number;
  say(line: string): void;
}

export interface KillFigures {
  /** the stage that each kill met */
  stages: string[];
  rows: number;
  /** answers in the teacher's log that came whole, those in the ledger, and the losses that the run counted */
  answered: number;
  kept: number;
  lost: number;
  secondRun: { sent: number; asked: number; sameDigest: boolean };
}

/** Between two kills, on a machine that is at other work too. */
const MOST_MINUTES = 10;
/** While one that was killed starts again, the others go on. */
const WORKERS = ['data-worker', 'data-worker-2', 'data-worker-3'] as const satisfies ProcessName[];

/** The offline teacher, as a profile that lets a worker have so many requests at it. */
const TEACHER = 'few-at-once';
const FREE = { model: 'offline-composer', price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } };
const SENT_AT_ONCE = 4;
/**
 * A request that a killed worker had sent is waited for, for twelve seconds and more. Others go on meanwhile, so that
 * the next kill need not wait: it meets requests in flight, and such as are still waited for.
 */
const ASKED_AT_ONCE = 24;

/**
 * Self-Instruct whose data workers, and at times the server, are killed with SIGKILL while requests are in flight; then the
 * same once more over the ledger that is left. What was paid for is counted from the teacher's own log.
 */
export async function selfInstructUnderKills(plan: KillPlan): Promise<KillFigures> {
  const processes = await startProcesses({
    teacher: ['--latency-ms', '150', '--latency-spread-ms', '100'],
    profiles: (baseUrl) => ({ [TEACHER]: { ...FREE, baseUrl, concurrency: SENT_AT_ONCE } }),
    // What a killed worker had is done again as soon as it is known to be silent.
    env: { ALPACA_HEARTBEAT_SECONDS: '1' },
  });
  try {
    await Promise.all(WORKERS.slice(0, plan.workers).map((name) => processes.start(name)));
    return await killAndCount(processes, plan);
  } finally {
    await processes.stop();
  }
}

async function killAndCount(processes: Processes, plan: KillPlan): Promise<KillFigures> {
  const input = {
    ...{ method: 'self-instruct', teacher: TEACHER, target: plan.target, promptsPerRequest: 1 },
    ...{ concurrency: ASKED_AT_ONCE, roundSize: 2, seesAfter: ASKED_AT_ONCE },
  };
  const run = (workflowId: string) =>
    processes.client.workflow.start('generate', { taskQueue: 'alpaca', workflowId, args: [input] });
  const handle = await run('killed');
  // The stages after the first ask once for each instruction, and something is left to do after the last kill.
  const killedWithin = 0.9 * 2 * plan.target;
  const random = new PhiloxStream(plan.seed, 'shuffle', 2);
  const stages: string[] = [];
  const starts: Promise<void>[] = [];
  for (let kill = 0; kill < plan.kills; kill += 1) {
    const before = (await answersOf(processes)).length;
    const due = Math.max(before + plan.every, Math.floor((killedWithin * (kill + 1)) / plan.kills));
    await until(async () => (await answersOf(processes)).length >= due, MOST_MINUTES);
    const killsServer = random.nextBelow(8) === 0;
    let victim: ProcessName | undefined;
    // Between a lost attempt and its retry nothing may be in flight: such a kill would prove nothing.
    await until(async () => {
      const busy = await workersAt(handle, 'answerRequest');
      const atWork = WORKERS.filter((name) => busy.has(processes.pid(name) ?? -1));
      victim =
        killsServer && busy.size > 0 ? 'temporal' : atWork[random.nextBelow(Math.max(1, atWork.length))];
      return victim !== undefined;
    }, MOST_MINUTES);
    if (victim === undefined) break;
    const { stages: shown } = await handle.query(progressQuery);
    const note = shown.find(({ name }) => name === 'generate')?.note ?? '';
    stages.push(/instructions|classification|instances/.exec(note)?.[0] ?? note);
    await processes.kill(victim);
    plan.say(`kill ${kill + 1}: ${victim}, ${note}`);
    const started = processes.start(victim);
    starts.push(started);
    // One that does not start is told at the end; the server is needed by all.
    started.catch(() => {});
    if (victim === 'temporal') await started;
  }
  await Promise.all(starts);
  const killed = (await handle.result()) as GenerateResult;
  const answered = (await answersOf(processes)).length;
  const folder = join(processes.folder, 'store', 'entries', 'ledger', 'default');
  const kept = (await readdir(folder, { recursive: true })).filter((name) =>
    /\/[0-9a-f]{64}\.json$/.test(name),
  );
  const again = (await (await run('again')).result()) as GenerateResult;
  return {
    ...{ stages, rows: killed.data.rows, answered, kept: kept.length, lost: killed.lost },
    secondRun: {
      sent: again.sent,
      asked: (await answersOf(processes)).length - answered,
      sameDigest: again.data.sha256 === killed.data.sha256,
    },
  };
}

/** Completions that the teacher answered whole: whether one that it broke was paid, the client cannot know. */
async function answersOf(processes: Processes) {
  const broken = ['rateLimited', 'serverError', 'cutConnection', 'malformedBody', 'emptyChoices'];
  return (await processes.teacherLog()).filter(
    ({ path, status, fault }) =>
      path.includes('completions') && status === 200 && !(fault !== null && broken.includes(fault)),
  );
}
