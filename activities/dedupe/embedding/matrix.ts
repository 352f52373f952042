import { AlpacaError } from '../../errors.ts';
import type { TextVectors } from './decide-by-cosine.ts';
import { digestOfText } from './vector-store.ts';

/** The vectors of a list of texts, while they are being gathered. Equal texts have equal vectors. */
export class Matrix {
  readonly texts: number;
  readonly #model: string;
  /** by digest, the text and its places in the list; blank texts are left out */
  readonly #wanted = new Map<string, { text: string; places: number[] }>();
  #lacking: Set<string>;
  #dimensions = 0;
  #vectors = new Float32Array(new SharedArrayBuffer(0));

  constructor(texts: readonly string[], model: string) {
    this.texts = texts.length;
    this.#model = model;
    for (const [place, text] of texts.entries()) {
      if (text.trim() === '') continue;
      const digest = digestOfText(text);
      const wanted = this.#wanted.get(digest);
      if (wanted === undefined) this.#wanted.set(digest, { text, places: [place] });
      else wanted.places.push(place);
    }
    this.#lacking = new Set(this.#wanted.keys());
  }

  /** how many texts have their vector */
  get known(): number {
    return this.texts - this.#lacking.size;
  }

  lacksSome(digests: readonly string[]): boolean {
    return digests.some((digest) => this.#lacking.has(digest));
  }

  /** The texts without a vector, each once, in their order; a copy of the list as it stands. */
  missing(): string[] {
    return Array.from(this.#lacking, (digest) => this.#wanted.get(digest)?.text ?? '');
  }

  /** @throws AlpacaError Configuration where vectors of another dimension are there */
  checkDimensions(dimensions: number): void {
    if (this.#dimensions === 0) {
      this.#dimensions = dimensions;
      this.#vectors = new Float32Array(new SharedArrayBuffer(4 * dimensions * this.texts));
    }
    if (dimensions === this.#dimensions) return;
    throw new AlpacaError(
      'Configuration',
      `${this.#model} gave embeddings of ${this.#dimensions} and of ${dimensions} dimensions: two models under one name.`,
      { remedy: 'Give one of them another name, or delete entries/embeddings in the store.' },
    );
  }

  /** Takes vectors, one after another, of texts by their digests; those that nobody asked for are left out. */
  fill(digests: readonly string[], vectors: Float32Array): void {
    const dimensions = vectors.length / digests.length;
    this.checkDimensions(dimensions);
    for (const [row, digest] of digests.entries()) {
      this.#lacking.delete(digest);
      for (const place of this.#wanted.get(digest)?.places ?? [])
        this.#vectors.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), place * dimensions);
    }
  }

  finished(): TextVectors {
    return { vectors: this.#vectors, dimensions: this.#dimensions };
  }
}
