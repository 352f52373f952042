import { AsyncLocalStorage } from 'node:async_hooks';
import { fork, type ChildProcess as NodeChild } from 'node:child_process';
import { Socket } from 'node:net';
import { constants, getPriority, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { log, readForeignLine } from '../log.ts';
import { withoutSecretVariables } from './child-environment.ts';
import type { ChildMessage, ParentMessage } from './child-service.ts';
import { EARLY_COLLECTION } from './early-collection.ts';
import { lastWords } from './last-words.ts';
import { fromThrownError } from './thrown-error.ts';

/**
 * For glibc's allocator, which keeps freed blocks of up to 32 MiB otherwise: tensors of every size leave gaps
 * that the next do not fit. Blocks from 1 MiB on go back at once. A person's own setting goes first.
 */
export const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '67108864' };

/** The last flag lets a process ask for a collection (`giveBackGarbage`). */
export const SMALL_HEAP = [...EARLY_COLLECTION, '--expose-gc'];

/** How long a child with something to answer may say nothing, in milliseconds: longer than any one step. */
const SILENCE_MS = 30 * 60_000;

export interface ChildOptions {
  /** what messages call the process */
  name?: string;
  silenceMs?: number;
  /**
   * how long a child that answers may go on once the attempt is to end, told to stop, so that it can save what
   * it has, asked for when it is to; 0: it is ended at once
   */
  stopWithinMs?: number | (() => number);
  limits?: ChildLimits;
}

/** Bounds of a child that reads what a user has made: beyond them nothing is tried again. */
export interface ChildLimits {
  /** megabytes of its JavaScript heap, and of each of its threads */
  heapMegabytes: number;
  /** the error of a child that fell silent, or took more memory; `how` goes on a sentence about it */
  exceeded(how: string): AlpacaError;
}

/**
 * What a user has made may take all the time that it is given, and not that of the runs beside it. Who is not root may
 * give nothing a better priority than its own, as in a container that was started with `nice`.
 */
export function limitedPriority(own: number): number {
  return Math.max(own, constants.priority.PRIORITY_BELOW_NORMAL);
}

/** How long a child that was told to go may take, in milliseconds. */
const CLOSING_MS = 5000;

/**
 * A child process that answers requests: TensorFlow blocks the thread it runs in, and a parent that must
 * heartbeat cannot wait for it. The child ends with its parent, by `close`, and with the attempt's signal: at
 * once, or where it is given time, once it has answered. One that owes an answer and says nothing for too long
 * is ended.
 *
 * The entry module calls `serve` of child-service.ts with the same Request, Reply and Event.
 */
export class ChildProcess<Request, Reply, Event = never> {
  readonly #child: NodeChild;
  readonly #signal: AbortSignal;
  readonly #onEvent: (event: Event) => Promise<void>;
  readonly #pending = new Map<
    number,
    { resolve(reply: Reply): void; reject(error: unknown): void; silenceMs: number }
  >();
  readonly #exited: Promise<void>;
  #asked = 0;
  #ended: { error: unknown } | null = null;
  readonly #name: string;
  readonly #silenceMs: number;
  readonly #stopWithinMs: () => number;
  readonly #limits: ChildLimits | undefined;
  #stopping: NodeJS.Timeout | undefined;
  /** events that are being dealt with here: meanwhile the child waits */
  #handling = 0;
  #silence: NodeJS.Timeout | undefined;
  #errorOutput = '';
  /** What a child that is kept says belongs to the attempt that asked last, not to the one that started it. */
  #asWhoAsked = AsyncLocalStorage.snapshot();

  /** @param onEvent what the child reports while it works; the child waits for it, and ends if it rejects */
  constructor(
    entry: URL,
    { signal }: Attempt,
    onEvent: (event: Event) => Promise<void> = async () => {},
    { name = 'model', silenceMs = SILENCE_MS, stopWithinMs = 0, limits }: ChildOptions = {},
  ) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#onEvent = onEvent;
    this.#name = name;
    this.#silenceMs = silenceMs;
    this.#stopWithinMs = typeof stopWithinMs === 'number' ? () => stopWithinMs : stopWithinMs;
    this.#limits = limits;
    // Structured clones, since typed arrays travel; none of the parent's own options, such as --test.
    this.#child = fork(fileURLToPath(entry), {
      execArgv: limits ? [...SMALL_HEAP, `--max-old-space-size=${limits.heapMegabytes}`] : SMALL_HEAP,
      env: { ...ALLOCATOR, ...withoutSecretVariables(process.env) },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (limits && this.#child.pid !== undefined) setPriority(this.#child.pid, limitedPriority(getPriority()));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = `${this.#errorOutput}${text}`.slice(-16_384);
    });
    if (this.#child.stderr)
      createInterface({ input: this.#child.stderr }).on('line', (line) =>
        this.#asWhoAsked(() => this.#say(line)),
      );
    this.#child.on('message', (message) =>
      this.#asWhoAsked(() => this.#receive(message as ChildMessage<Reply, Event>)),
    );
    this.#exited = this.#watchExit();
    signal.addEventListener('abort', this.#abort);
  }

  /**
   * @param silenceMs how long it may say nothing while it owes this answer
   * @throws AlpacaError ProcessDied (or what the limits say) where the child ends or falls silent without an answer, what the child
   *   threw, or the signal's reason
   */
  ask(request: Request, silenceMs = this.#silenceMs): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#stopping) {
        reject(this.#ended ? this.#ended.error : this.#signal.reason);
        return;
      }
      this.#asWhoAsked = AsyncLocalStorage.snapshot();
      this.#asked += 1;
      this.#pending.set(this.#asked, { resolve, reject, silenceMs });
      this.#send({ kind: 'request', id: this.#asked, request });
      this.#expectWord();
    });
  }

  get isAlive(): boolean {
    return this.#ended === null && this.#child.connected;
  }

  /** Whether this process waits for the child before it ends; as it does from the start. */
  hold(holds: boolean): void {
    const { stderr, channel } = this.#child;
    const pipe = stderr instanceof Socket ? stderr : null;
    for (const each of [this.#child, channel, pipe]) {
      if (holds) each?.ref();
      else each?.unref();
    }
  }

  /** Lets the child go and waits until it has gone. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSING_MS);
    await this.#exited;
    clearTimeout(timer);
    this.#signal.removeEventListener('abort', this.#abort);
  }

  /** What the child prints is in this process's log, in its format. */
  #say(line: string): void {
    if (line.trim() === '') return;
    const { level, message, ...rest } = readForeignLine(line);
    log.write(level, message, { process: this.#name, pid: this.#child.pid, ...rest });
  }

  readonly #abort = () => {
    const end = () => this.#end(this.#signal.reason);
    const withinMs = this.#stopWithinMs();
    if (withinMs === 0 || this.#pending.size === 0) return end();
    this.#stopping = setTimeout(end, withinMs);
    this.#send({ kind: 'stop' });
  };

  #receive(message: ChildMessage<Reply, Event>): void {
    this.#expectWord();
    if (message.kind === 'alive') return;
    if (message.kind === 'event') {
      this.#deal(message.id, message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'reply') pending?.resolve(message.reply);
    else pending?.reject(this.#ofMemory(fromThrownError(message.error)));
    this.#expectWord();
  }

  #deal(id: number, event: Event): void {
    this.#handling += 1;
    this.#expectWord();
    this.#onEvent(event).then(
      () => {
        this.#handling -= 1;
        this.#send({ kind: 'acknowledged', id });
        this.#expectWord();
      },
      (error) => this.#end(error),
    );
  }

  /** Starts to wait anew, where it is the child's turn to speak. */
  #expectWord(): void {
    clearTimeout(this.#silence);
    if (this.#ended || this.#pending.size === 0 || this.#handling > 0) return;
    const silenceMs = Math.max(...[...this.#pending.values()].map((pending) => pending.silenceMs));
    this.#silence = setTimeout(() => this.#end(this.#fellSilent(silenceMs)), silenceMs);
  }

  /** Waits for the exit and then for the last of its output; `close` is not emitted after a disconnect. */
  #watchExit(): Promise<void> {
    const { stderr } = this.#child;
    const outputEnded = new Promise<void>((resolve) => stderr?.on('close', resolve));
    return new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#end(error);
        resolve();
      });
      this.#child.on('exit', async (code, endedBy) => {
        await outputEnded;
        this.#end(this.#died(code, endedBy));
        resolve();
      });
    });
  }

  #send(message: ParentMessage<Request>): void {
    // A child that is gone is reported by its exit, with what it said last.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    clearTimeout(this.#silence);
    clearTimeout(this.#stopping);
    this.#child.kill('SIGKILL');
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #fellSilent(silenceMs: number): AlpacaError {
    if (this.#limits) return this.#limits.exceeded(`took longer than ${silenceMs / 1000} seconds`);
    return new AlpacaError(
      'ProcessDied',
      `The ${this.#name} process ${this.#child.pid} said nothing for ${silenceMs / 1000} seconds and was ended.`,
      { remedy: 'It is started again; where that goes on, the machine is too slow or the process hangs.' },
    );
  }

  /** A thread that took too much memory ends alone: its process says so. */
  #ofMemory(error: Error): Error {
    return this.#limits && Reflect.get(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY'
      ? this.#tookMemory(this.#limits)
      : error;
  }

  #tookMemory({ heapMegabytes, exceeded }: ChildLimits): AlpacaError {
    return exceeded(`took more than ${heapMegabytes} megabytes of memory`);
  }

  #died(code: number | null, endedBy: NodeJS.Signals | null): AlpacaError {
    if (this.#limits && /heap out of memory/.test(this.#errorOutput)) return this.#tookMemory(this.#limits);
    const how = endedBy ? `was ended by ${endedBy}` : `ended with the code ${code}`;
    const said = lastWords(this.#errorOutput);
    const remedy =
      endedBy === 'SIGKILL'
        ? 'Where nobody ended it, the machine ran out of memory: give it more memory or less at a time.'
        : 'It is started again; where that goes on, lack of memory is the most frequent cause.';
    // The words come last: they are long, and what can be done is not to be looked for beneath them.
    return new AlpacaError('ProcessDied', `The ${this.#name} process ${this.#child.pid} ${how}.`, {
      remedy: said === '' ? remedy : `${remedy} It said last:\n${said}`,
    });
  }
}
