import type { DecodedToken, DecodeOptions } from './decode.ts';
import type { SessionStep, SessionStepResult } from './decoding-sessions.ts';

/**
 * The readers' side of decoding sessions: each reader takes tokens as they come and may leave at any time;
 * one loop asks for the next step of all sessions for as long as there are any.
 *
 * @param step runs one step where the model is; its failure ends every stream
 */
export class TokenStreams {
  readonly #step: (step: SessionStep) => Promise<SessionStepResult>;
  readonly #streams = new Map<number, TokenQueue>();
  #begin: SessionStep['begin'][number][] = [];
  #end: number[] = [];
  #opened = 0;
  #running = false;

  constructor(step: (step: SessionStep) => Promise<SessionStepResult>) {
    this.#step = step;
  }

  /** The tokens after `prompt`, as they come. Leaving the loop early ends the session. */
  async *read(prompt: readonly number[], options: DecodeOptions): AsyncGenerator<DecodedToken> {
    this.#opened += 1;
    const session = this.#opened;
    const queue = new TokenQueue();
    this.#streams.set(session, queue);
    this.#begin.push({ session, prompt, options });
    this.#run();
    try {
      for (;;) {
        const token = await queue.next();
        if (token === null) return;
        yield token;
      }
    } finally {
      if (this.#streams.delete(session)) this.#leave(session);
    }
  }

  #leave(session: number): void {
    const waiting = this.#begin.findIndex((begun) => begun.session === session);
    if (waiting >= 0) this.#begin.splice(waiting, 1);
    else {
      this.#end.push(session);
      this.#run();
    }
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#loop().finally(() => {
      this.#running = false;
    });
  }

  async #loop(): Promise<void> {
    try {
      while (this.#streams.size > 0 || this.#end.length > 0) {
        const step = { begin: this.#begin, end: this.#end };
        this.#begin = [];
        this.#end = [];
        const { tokens, finished } = await this.#step(step);
        for (const { session, ...token } of tokens) this.#streams.get(session)?.push(token);
        for (const session of finished) this.#finish(session, null);
      }
    } catch (error) {
      for (const session of this.#streams.keys()) this.#finish(session, error);
    }
  }

  #finish(session: number, error: unknown): void {
    this.#streams.get(session)?.finish(error);
    this.#streams.delete(session);
  }
}

/** Tokens that came and were not read yet, for one reader. */
class TokenQueue {
  readonly #tokens: DecodedToken[] = [];
  #ended: { error: unknown } | null = null;
  #changed = Promise.withResolvers<void>();

  push(token: DecodedToken): void {
    this.#tokens.push(token);
    this.#wake();
  }

  finish(error: unknown): void {
    this.#ended = { error };
    this.#wake();
  }

  /** The next one; null at the end. */
  async next(): Promise<DecodedToken | null> {
    for (;;) {
      const token = this.#tokens.shift();
      if (token !== undefined) return token;
      if (this.#ended?.error) throw this.#ended.error;
      if (this.#ended) return null;
      await this.#changed.promise;
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
