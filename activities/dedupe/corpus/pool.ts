import type { Tokenization } from '../../../workflows/contracts/run.ts';
import { AlpacaError } from '../../errors.ts';
import { Conversation } from '../../process/threads.ts';

/** What became of one instruction that was considered for the pool. */
export interface Consideration {
  accepted: boolean;
  /** the highest ROUGE-L F-measure against the pool as it stood; 0 against an empty one */
  highest: number;
  /** the pool's first instruction with that score; null where the highest is 0 */
  mostSimilar: string | null;
}

/**
 * The instructions accepted so far. It lives in a worker thread of its own, so that scoring never holds up
 * the event loop. Calls are answered in the order they were made.
 */
export interface SimilarityPool {
  readonly size: number;
  /** True once it can no longer be used: closed, stopped by a signal, or its thread died. */
  readonly ended: boolean;
  /** Adds instructions without asking whether they resemble any. */
  add(instructions: string[]): Promise<void>;
  /**
   * Takes the instructions one after another: each is compared with everything in the pool, the accepted
   * ones before it in the same call included, and joins the pool unless its highest score is strictly
   * greater than the threshold. When `signal` aborts, the call rejects with its reason and the pool can no
   * longer be used (how much of the call it holds is not known), except to be closed.
   */
  consider(instructions: string[], signal?: AbortSignal): Promise<Consideration[]>;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** reject what scores strictly above this, from 0 to 1 */
  threshold: number;
  tokenization: Tokenization;
}

export type PoolRequest = { kind: 'add' | 'consider'; instructions: string[] };
export type PoolReply = { considered: Consideration[]; size: number };

/** Makes an empty pool. Throws `InvalidInput` for a threshold outside [0, 1]. */
export function createPool({ threshold, tokenization }: PoolOptions): SimilarityPool {
  checkThreshold(threshold);
  return new ThreadedPool({ threshold, tokenization });
}

/** Throws `InvalidInput` unless `threshold` is a number from 0 to 1. */
export function checkThreshold(threshold: number): void {
  if (threshold >= 0 && threshold <= 1) return;
  throw new AlpacaError('InvalidInput', `The threshold ${threshold} is outside [0, 1].`, {
    remedy: 'Scores are ROUGE-L F-measures from 0 to 1; the recipe rejects above 0.7.',
  });
}

class ThreadedPool implements SimilarityPool {
  readonly #thread: Conversation<PoolRequest, PoolReply>;
  #size = 0;

  constructor(options: PoolOptions) {
    this.#thread = new Conversation(new URL('./pool-thread.ts', import.meta.url), options);
  }

  get size(): number {
    return this.#size;
  }

  get ended(): boolean {
    return this.#thread.ended;
  }

  async add(instructions: string[]): Promise<void> {
    await this.#ask({ kind: 'add', instructions });
  }

  async consider(instructions: string[], signal?: AbortSignal): Promise<Consideration[]> {
    signal?.throwIfAborted();
    const stop = () => this.#thread.stop(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return (await this.#ask({ kind: 'consider', instructions })).considered;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask(request: PoolRequest): Promise<PoolReply> {
    const reply = await this.#thread.ask(request);
    this.#size = reply.size;
    return reply;
  }
}
