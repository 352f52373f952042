import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaError } from '../../activities/errors.ts';
import { withoutSecrets } from '../../activities/secrets.ts';
import { type WatchdogTimes, watchLoop } from './watchdog.ts';

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface ProcessSurroundings {
  logFolder: string;
  /** told of every process group that begins and ends */
  guard: { began(pid: number): void; mayTake(pid: number, ms: number): void; ended(pid: number): void };
  /** a line for the person at the terminal */
  say(line: string): void;
  /** each line a process prints goes to the terminal too */
  verbose: boolean;
  /** a crashed process runs again, under another pid */
  onRestarted(): void;
  watchdog?: WatchdogTimes;
  /** the process crashed too often in a row and is given up */
  onGivenUp(error: AlpacaError): void;
}

/** What a process may take to end that says nothing of it; a worker's ready line says `stopWithinSeconds`. */
const GRACE_MS = 18_000;
/** Beyond what a process says that it may take. */
const SLACK_MS = 3000;
/** All of an environment: its workers wait for answers, and no profile's timeout is longer than 300 s. */
export const LONGEST_STOP_MS = 360_000;

/** A process that ran this long before it crashed starts its series of crashes anew. */
const HEALTHY_AFTER_MS = 60_000;
const LAST_LINES = 200;

/** Milliseconds to wait before the n-th restart in a row (from 1); null when it is time to give up. */
export function restartDelay(crashes: number): number | null {
  if (crashes > 8) return null;
  return Math.min(500 * 2 ** (crashes - 1), 15_000);
}

/**
 * One process of the environment: its own process group, its output in `NAME.log`, restarted when it
 * crashes after it was once ready.
 */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #around: ProcessSurroundings;
  readonly #log: WriteStream;
  readonly #lastLines: string[] = [];
  #child: ChildProcess | undefined;
  #onReady: ((said: Record<string, unknown>) => void) | undefined;
  #exited: Promise<void> = Promise.resolve();
  #watching = new AbortController();
  #startedAt = 0;
  #crashes = 0;
  #wasReady = false;
  #stopping = false;
  #graceMs = GRACE_MS;

  constructor(spec: ProcessSpec, around: ProcessSurroundings) {
    this.spec = spec;
    this.#around = around;
    this.#log = createWriteStream(join(around.logFolder, `${spec.name}.log`), { flags: 'a' });
    this.#log.on('error', (error) => around.say(`${spec.name}: its log cannot be written: ${error.message}`));
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** True where one of its last lines begins so. */
  hasSaid(beginning: string): boolean {
    return this.#lastLines.some((line) => line.startsWith(beginning));
  }

  /** Starts it and resolves with the first line of standard output that is a JSON object. */
  startUntilLine(timeoutMs: number): Promise<Record<string, unknown>> {
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
    this.#onReady = resolve;
    return this.#start(timeoutMs, () => promise);
  }

  /** Starts it and resolves once `answers` does; `answers` is asked again until then. */
  startUntil(timeoutMs: number, answers: () => Promise<boolean>): Promise<void> {
    return this.#start(timeoutMs, async () => {
      while (!(await answers())) await sleep(100);
    });
  }

  /**
   * Ends the process group. SIGTERM goes to the process alone, which may need those that it started until it has
   * ended in order; SIGKILL to what is left of the group after `graceMs`.
   */
  async stop(graceMs = this.#graceMs): Promise<void> {
    this.#stopping = true;
    this.#watching.abort();
    const pid = this.pid;
    if (pid !== undefined) {
      this.#child?.kill('SIGTERM');
      await Promise.race([this.#exited, sleep(graceMs, undefined, { ref: false })]);
      signalGroup(pid, 'SIGKILL');
      await this.#exited;
    }
    this.#log.end();
  }

  async #start<Ready>(timeoutMs: number, ready: () => Promise<Ready>): Promise<Ready> {
    this.#spawn();
    const ended = this.#exited.then(() => {
      throw this.#failure('ended before it was ready');
    });
    const late = sleep(timeoutMs, undefined, { ref: false }).then(() => {
      throw this.#failure(`was not ready after ${timeoutMs / 1000} s`);
    });
    const value = await Promise.race([ready(), ended, late]);
    ended.catch(() => {});
    late.catch(() => {});
    this.#wasReady = true;
    return value;
  }

  #spawn(): void {
    const { name, command, args, env } = this.spec;
    this.#log.write(`--- ${new Date().toISOString()} ${command} ${args.join(' ')}\n`);
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#startedAt = Date.now();
    if (child.pid !== undefined) this.#around.guard.began(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        createInterface({ input: stream }).on('line', (printed) => {
          const line = withoutSecrets(printed);
          this.#log.write(`${line}\n`);
          // A log may be lines of JSON too, which are for others.
          if (stream === child.stdout) this.#hear(line);
          this.#lastLines.push(line);
          if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
          if (this.#around.verbose) this.#around.say(`${name}: ${line}`);
        });
    }
    this.#exited = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#lastLines.push(error.message);
        if (child.pid === undefined) resolve();
      });
      child.on('exit', (code, signal) => {
        // What it started (a training process) goes with it.
        if (child.pid !== undefined) {
          signalGroup(child.pid, 'SIGKILL');
          this.#around.guard.ended(child.pid);
        }
        this.#child = undefined;
        this.#watching.abort();
        resolve();
        if (this.#wasReady && !this.#stopping) void this.#restart(signal ?? `exit code ${code}`);
      });
    });
  }

  #hear(line: string): void {
    const said = jsonObject(line);
    if (said === null) return;
    const { stopWithinSeconds, stopping, answers, withinSeconds } = said;
    if (typeof stopWithinSeconds === 'number' && this.pid !== undefined) {
      this.#graceMs = stopWithinSeconds * 1000 + SLACK_MS;
      this.#around.guard.mayTake(this.pid, this.#graceMs);
    }
    if (stopping === true && typeof answers === 'number' && answers > 0)
      this.#around.say(
        `${this.spec.name}: waiting for ${answers} ${answers === 1 ? 'answer' : 'answers'} that are paid for, ${withinSeconds} s at the most; a second Ctrl-C gives them up`,
      );
    if (typeof said.healthUrl === 'string') this.#watch(said.healthUrl);
    this.#onReady?.(said);
  }

  /** One whose event loop stands still is ended like one that crashed, and so begins again. */
  #watch(healthUrl: string): void {
    const { pid } = this;
    this.#watching.abort();
    this.#watching = new AbortController();
    const { signal } = this.#watching;
    const stoodStill = (seconds: number) => {
      if (pid === undefined || this.#stopping) return;
      this.#around.say(`${this.spec.name} has stood still for ${seconds} s; it is ended`);
      signalGroup(pid, 'SIGKILL');
    };
    void watchLoop(healthUrl, signal, stoodStill, this.#around.watchdog);
  }

  async #restart(how: string): Promise<void> {
    const { name } = this.spec;
    this.#crashes = Date.now() - this.#startedAt > HEALTHY_AFTER_MS ? 1 : this.#crashes + 1;
    const delay = restartDelay(this.#crashes);
    if (delay === null) {
      this.#around.onGivenUp(this.#failure(`crashed ${this.#crashes} times in a row (${how})`));
      return;
    }
    this.#around.say(`${name} ended (${how}); starting it again in ${delay / 1000} s`);
    await sleep(delay, undefined, { ref: false });
    if (this.#stopping) return;
    this.#spawn();
    this.#around.onRestarted();
  }

  #failure(what: string): AlpacaError {
    const said = whatItSaid(this.#lastLines);
    return new AlpacaError(
      'ProcessDied',
      `The ${this.spec.name} ${what}. It said: ${said.replace(/\.$/, '')}.`,
      {
        remedy: `Its log is ${join(this.#around.logFolder, `${this.spec.name}.log`)}.`,
      },
    );
  }
}

/** The line that names the error where there is one, else the last ones: never a stack. */
export function whatItSaid(lines: readonly string[]): string {
  const inJson = lines.map(jsonObject).findLast((line) => line?.level === 'error');
  if (inJson) return String(inJson.message);
  const plain = lines.filter((line) => !/^\s+at |^\s*[{}]|^\s*code: |^Node\.js v|^\s*$/.test(line));
  const logged = plain.findLast((line) => LOGGED_ERROR.test(line));
  if (logged !== undefined) return logged.replace(LOGGED_ERROR, '').replace(/ \{".*\}$/, '');
  const error = plain.findLast((line) => /^\w*Error\b.*: /.test(line));
  return error ?? (plain.slice(-3).join(' | ') || 'nothing');
}

/** A line of our own log, or of Temporal's, up to its message. */
const LOGGED_ERROR = /^(\S+Z ERROR |time=\S+ level=ERROR )/;

function jsonObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}
