import { hash } from 'node:crypto';

/**
 * How often a prompt was asked before in its run. Equal prompts do occur (three seed tasks of 175 in order
 * give 5.3 million prompts, so about two pairs in 5,000), and are owed different answers: the number is
 * part of the ledger key. It goes by the prompt's text, since unlike draws may show equal tasks.
 */
export class OccurrenceTable {
  readonly #promptAt: (index: number) => string;
  readonly #seen = new Map<string, number>();
  /** only prompts that occurred before: index in the run -> how often */
  readonly #repeats = new Map<number, number>();
  #known = 0;

  /** @param promptAt the prompt at an index of the run, counted over all requests; a pure function */
  constructor(promptAt: (index: number) => string) {
    this.#promptAt = promptAt;
  }

  /**
   * How many prompts before `index` have the same text. The table grows to `index` on the first call, at
   * about 10 microseconds a prompt, and remembers.
   */
  occurrenceOf(index: number): number {
    for (; this.#known <= index; this.#known += 1) {
      const digest = hash('sha256', this.#promptAt(this.#known), 'base64');
      const before = this.#seen.get(digest) ?? 0;
      this.#seen.set(digest, before + 1);
      if (before > 0) this.#repeats.set(this.#known, before);
    }
    return this.#repeats.get(index) ?? 0;
  }
}
