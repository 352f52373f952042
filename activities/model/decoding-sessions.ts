import { type DecodedToken, type DecodeOptions, decode } from './decode.ts';
import type { Llama } from './llama/model.ts';

/** What a step of all open sessions is asked with: those to begin, and those whose reader has gone. */
export interface SessionStep {
  begin: readonly { session: number; prompt: readonly number[]; options: DecodeOptions }[];
  end: readonly number[];
}

export interface SessionStepResult {
  /** one new token of each session that is not finished */
  tokens: (DecodedToken & { session: number })[];
  /** sessions that ended before a stop id or at their limit: they are closed */
  finished: number[];
}

/**
 * Sequences that are decoded side by side, each begun and ended when its reader likes. A step gives every
 * session its next token, so none waits for another to end.
 */
export class DecodingSessions {
  readonly #open = new Map<number, Iterator<DecodedToken>>();

  step(model: Llama, { begin, end }: SessionStep): SessionStepResult {
    for (const session of end) this.#close(session);
    for (const { session, prompt, options } of begin) {
      // The draws of a session depend on its own seed alone: it is prompt 0 of a request of its own.
      this.#open.set(session, decode(model, [{ index: 0, ids: prompt }], options));
    }
    const result: SessionStepResult = { tokens: [], finished: [] };
    for (const [session, tokens] of this.#open) {
      const next = tokens.next();
      if (next.done) {
        this.#open.delete(session);
        result.finished.push(session);
      } else result.tokens.push({ session, id: next.value.id, logprobs: next.value.logprobs });
    }
    return result;
  }

  /** Frees what a session held, by ending its generator. */
  #close(session: number): void {
    this.#open.get(session)?.return?.();
    this.#open.delete(session);
  }
}
