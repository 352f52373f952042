import { Worker } from 'node:worker_threads';
import { thrownByThread } from './thrown-error.ts';

/** V8 lets each thread's young generation grow past what these use well: this saves 100 MB on two cores. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 24 };

/**
 * A worker thread that answers each request with one reply, in order. Ends with the signal: what is being
 * asked then rejects with the signal's reason, at once, whatever the thread is doing.
 */
export class Conversation<Request, Reply> {
  readonly #thread: Worker;
  readonly #waiting: Array<{ resolve(reply: Reply): void; reject(reason: unknown): void }> = [];
  readonly #signal: AbortSignal | undefined;
  readonly #stop = () => this.stop(this.#signal?.reason);
  #ended: { reason: unknown } | null = null;
  #closing = false;

  /** @param heapMegabytes of its heap, where what it reads may take any memory: it then ends by ERR_WORKER_OUT_OF_MEMORY */
  constructor(script: URL, workerData: unknown, signal?: AbortSignal, heapMegabytes?: number) {
    const resourceLimits = heapMegabytes
      ? { ...RESOURCE_LIMITS, maxOldGenerationSizeMb: heapMegabytes }
      : RESOURCE_LIMITS;
    this.#thread = new Worker(script, { workerData, resourceLimits });
    this.#thread.unref();
    this.#thread.on('message', (reply: Reply) => {
      this.#waiting.shift()?.resolve(reply);
      if (this.#waiting.length === 0 && !this.#closing) this.#thread.unref();
    });
    this.#thread.on('error', (error) => this.#end(thrownByThread(error)));
    this.#thread.on('exit', () => this.#end(new Error('The thread was closed.')));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop);
    if (signal?.aborted) this.#stop();
  }

  get ended(): boolean {
    return this.#ended !== null;
  }

  ask(request: Request): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    if (this.#ended !== null) reject(this.#ended.reason);
    else {
      this.#waiting.push({ resolve, reject });
      // A reply that is awaited keeps the process alive; an idle thread does not.
      this.#thread.ref();
      this.#thread.postMessage(request);
    }
    // Who asks ahead awaits later: a failure in between is not unhandled.
    promise.catch(() => {});
    return promise;
  }

  /** Ends the thread at once; what is being asked rejects with `reason`. */
  stop(reason: unknown): void {
    this.#end(reason);
    void this.#thread.terminate();
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    // Who awaits the end is to see it, even if a last reply comes and nothing else keeps the process alive.
    this.#closing = true;
    await this.#thread.terminate();
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended.reason);
  }
}

export interface ThreadOptions<Message> {
  threads: number;
  signal: AbortSignal;
  onMessage(message: Message): void;
}

/**
 * Runs a script to its end in so many threads, all with the same data. The first failure, or the signal,
 * ends them all.
 */
export async function runThreads<Message>(
  script: URL,
  workerData: unknown,
  { threads, signal, onMessage }: ThreadOptions<Message>,
): Promise<void> {
  signal.throwIfAborted();
  const workers = Array.from(
    { length: threads },
    () => new Worker(script, { workerData, resourceLimits: RESOURCE_LIMITS }),
  );
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const abort = () => stop(signal.reason);
  signal.addEventListener('abort', abort);
  const ends = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        worker.on('message', onMessage);
        worker.on('error', (error) => reject(thrownByThread(error)));
        worker.on('exit', () => resolve());
      }),
  );
  try {
    await Promise.race([stopped, Promise.all(ends)]);
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
