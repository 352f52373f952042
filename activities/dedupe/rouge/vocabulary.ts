import type { RougeTokenizer } from './tokenize.ts';

/** Gives every distinct token an integer id, in order of first sight from 0. */
export class Vocabulary {
  readonly #tokenize: RougeTokenizer;
  readonly #ids = new Map<string, number>();

  constructor(tokenize: RougeTokenizer) {
    this.#tokenize = tokenize;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The token ids of `text`, in its order. */
  encode(text: string): Int32Array {
    const tokens = this.#tokenize(text);
    const ids = new Int32Array(tokens.length);
    for (let position = 0; position < tokens.length; position += 1) {
      const token = tokens[position] ?? '';
      let id = this.#ids.get(token);
      if (id === undefined) {
        id = this.#ids.size;
        this.#ids.set(token, id);
      }
      ids[position] = id;
    }
    return ids;
  }
}
