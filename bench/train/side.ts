import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** What a side says once it can train. */
export interface Introduction {
  name: string;
  /** the peer computes on the same, and is told so */
  device?: 'cpu' | 'gpu';
  /** resident before it has read anything */
  baselineMiB?: number;
}

/** What a side says of the steps that it was asked for. */
export interface Answer {
  seconds: number;
  losses: number[];
  /** the most that was resident since the process began: of the machine's memory, not of a GPU's */
  peakMiB: number;
  /** of a GPU's memory; absent where there is none, or nobody says */
  deviceMiB?: number;
}

/** One of the two programs that train: a process that answers each line with a line of JSON. */
export class Side {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #command: string;

  /** @param env added to this process's */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#command = [command, ...args].join(' ');
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, ...process.env },
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The line that a side begins with. */
  introduction(): Promise<Introduction> {
    return this.#next();
  }

  takeSteps(count: number): Promise<Answer> {
    this.#child.stdin.write(`${count}\n`);
    return this.#next();
  }

  /** What a big matrix product reaches in this side's precision. */
  measurePeak(): Promise<{ flopsPerSecond: number }> {
    this.#child.stdin.write('peak\n');
    return this.#next();
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }

  async #next<Line>(): Promise<Line> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#command} ended early`);
    return JSON.parse(value);
  }
}
