import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { traceHeaders } from '../tracing.ts';
import { ChildProcess } from './child-process.ts';
import type { ProgramEnd, ProgramRequest } from './program-child.ts';

export interface Program extends ProgramRequest {
  /** what messages call it */
  name: string;
  /**
   * marks the processes of one piece of work on this machine: what an earlier attempt has left of it is ended
   * before the program starts
   */
  mark: string;
  /** how long it may go on once the attempt is to end; 0: it is ended at once */
  stopWithinMs(): number;
}

/**
 * Runs a program that is not ours until it ends. Whatever happens, nothing that it has started goes on after
 * that: its processes are found by a variable in their environment (on Linux).
 *
 * @param onLine what it prints, line by line; the program is ended where this rejects
 * @returns once it has ended with the code 0
 * @throws AlpacaError ProcessDied with what it said last; what `onLine` throws; the signal's reason where it
 *   did not end in time
 */
export async function runProgram(
  { name, mark, stopWithinMs, ...request }: Program,
  attempt: Attempt,
  onLine: (line: string) => Promise<void>,
): Promise<void> {
  await endMarked(mark);
  const child = new ChildProcess<ProgramRequest, ProgramEnd, string>(
    new URL('./program-child.ts', import.meta.url),
    attempt,
    onLine,
    { name, stopWithinMs },
  );
  try {
    const { traceparent } = traceHeaders();
    const traced = traceparent === undefined ? {} : { TRACEPARENT: traceparent };
    const env = { ...request.env, ...traced, [MARK]: mark };
    const { code, endedBy, said } = await child.ask({ ...request, env });
    if (code === 0) return;
    attempt.signal.throwIfAborted();
    throw new AlpacaError(
      'ProcessDied',
      `The ${name} ${endedBy ? `was ended by ${endedBy}` : `ended with the code ${code}`}.`,
      { remedy: `It is started again.${said === '' ? '' : ` It said last:\n${said}`}` },
    );
  } finally {
    await child.close();
    await endMarked(mark);
  }
}

const MARK = 'ALPACA_PROGRAM';
/** A process may start another while it is being ended. */
const MOST_LOOKS = 100;
const BETWEEN_LOOKS_MS = 50;

async function endMarked(mark: string): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const found = await marked(mark);
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await sleep(BETWEEN_LOOKS_MS);
  }
}

/** Processes of this machine with the mark; none where the system does not tell, and none that only wait to be collected. */
export async function marked(mark: string): Promise<number[]> {
  const wanted = `${MARK}=${mark}`;
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(wanted) ? [pid] : [];
    }),
  );
  return found.flat();
}
