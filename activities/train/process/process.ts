import type { Attempt } from '../../attempt.ts';
import { ChildProcess } from '../../process/child-process.ts';
import { identityDigest } from '../checkpoint/identity.ts';
import type { TrainEvent, TrainReply, TrainRequest } from './child.ts';

/**
 * How long a training that is told to stop may take until what it has learnt is in the store, in milliseconds:
 * for a step that took minutes, on a slow machine, and some ten gigabytes of a checkpoint.
 */
export const SAVE_WITHIN_MS = 5 * 60_000;

/** A process without work gives its memory back: a round is longer than that where another worker is far behind. */
const IDLE_MS = 5 * 60_000;

/**
 * Where a worker's training process stays between two shards of one training's rounds: TensorFlow is loaded, rows are
 * read and graphs are made. It has one at the most, for one shard at a time.
 */
export class KeptProcess {
  #process: TrainingProcess | null = null;
  #of = '';
  #idle: NodeJS.Timeout | undefined;

  /** The process that is kept of this training, if it lives; any other is ended. */
  async take(of: string): Promise<TrainingProcess | null> {
    clearTimeout(this.#idle);
    const kept = this.#process;
    this.#process = null;
    if (kept === null || (this.#of === of && kept.isAlive)) return kept;
    await kept.close();
    return null;
  }

  put(process: TrainingProcess, of: string): void {
    process.rest();
    this.#process = process;
    this.#of = of;
    this.#idle = setTimeout(() => void this.end(), IDLE_MS).unref();
  }

  /** Gives back what it holds of the device. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const kept = this.#process;
    this.#process = null;
    await kept?.close();
  }
}

/** A training process, and whoever has it at work. */
export class TrainingProcess {
  readonly #ending = new AbortController();
  readonly #child: ChildProcess<TrainRequest, TrainReply, TrainEvent>;
  #onEvent: (event: TrainEvent) => Promise<void> = async () => {};
  #saveWithinMs = 0;

  constructor() {
    const attempt = { signal: this.#ending.signal, report() {} };
    this.#child = new ChildProcess<TrainRequest, TrainReply, TrainEvent>(
      new URL('./child.ts', import.meta.url),
      attempt,
      (event) => this.#onEvent(event),
      { name: 'training', stopWithinMs: () => this.#saveWithinMs },
    );
  }

  get isAlive(): boolean {
    return this.#child.isAlive;
  }

  /** @throws as `trainInProcess`; the process is of no more use then */
  async train(
    request: TrainRequest,
    { signal }: Attempt,
    onEvent: (event: TrainEvent) => Promise<void>,
    saveWithinMs: number,
  ): Promise<TrainReply> {
    this.#onEvent = onEvent;
    this.#saveWithinMs = saveWithinMs;
    this.#child.hold(true);
    const end = () => this.#ending.abort(signal.reason);
    signal.addEventListener('abort', end);
    try {
      signal.throwIfAborted();
      const reply = await this.#child.ask(request);
      if (reply.interrupted) throw signal.reason;
      return reply;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** It waits for work: a worker that ends does not wait for it. */
  rest(): void {
    this.#child.hold(false);
  }

  close(): Promise<void> {
    this.#child.hold(true);
    return this.#child.close();
  }
}

/**
 * Trains in a child process until the request's last step, or until held-out loss no longer falls. The child
 * waits while `onEvent` deals with what it reports, and is ended where `onEvent` throws. With the attempt's
 * signal it finishes the step that it is at and saves it, for so long at the most; 0 ends it at once.
 *
 * @param kept where the process of a round's shard is taken from, and is left for the next; null: nowhere
 * @throws AlpacaError TrainingDiverged, InvalidInput, CorruptArtifact, StorageFull; ProcessDied where the
 *   child ended; the signal's reason where that came before the last step
 */
export async function trainInProcess(
  request: TrainRequest,
  attempt: Attempt,
  onEvent: (event: TrainEvent) => Promise<void>,
  saveWithinMs: number,
  kept: KeptProcess | null = null,
): Promise<TrainReply> {
  const of = `${request.run}/${identityDigest(request.identity)}`;
  attempt.signal.throwIfAborted();
  const process = (await kept?.take(of)) ?? new TrainingProcess();
  let isOfUse = false;
  try {
    const reply = await process.train(request, attempt, onEvent, saveWithinMs);
    isOfUse = process.isAlive;
    return reply;
  } finally {
    if (isOfUse && kept !== null) kept.put(process, of);
    else await process.close();
  }
}
