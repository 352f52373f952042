/**
 * Philox4x32-10, the counter-based generator of Salmon et al., "Parallel Random Numbers: As Easy as
 * 1, 2, 3" (SC 2011): 128 random bits are a pure function of a 64-bit key and a 128-bit counter, so any
 * draw can be made again, or out of order, without the draws before it. PyTorch, JAX and TensorFlow
 * generate with the same function.
 */

/** What a stream is for: streams of one seed and index but different purposes share no draws. */
export type Purpose = 'shuffle' | 'initialize' | 'decode' | 'adapter' | 'dropout' | 'rate';

const PURPOSE_WORD: Record<Purpose, number> = {
  shuffle: 1,
  initialize: 2,
  decode: 3,
  adapter: 4,
  dropout: 5,
  rate: 6,
};

/** A sequence of draws that is a function of (seed, purpose, index); seed and index are 32-bit. */
export class PhiloxStream {
  readonly #seed: number;
  readonly #purpose: number;
  readonly #index: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #used = 4;
  #spareNormal: number | null = null;

  constructor(seed: number, purpose: Purpose, index: number) {
    this.#seed = seed;
    this.#purpose = PURPOSE_WORD[purpose];
    this.#index = index;
  }

  /** 32 uniform bits, as an unsigned integer. */
  nextWord(): number {
    if (this.#used === 4) {
      this.#words.set([this.#block, 0, 0, this.#purpose]);
      philox(this.#words, this.#seed, this.#index);
      this.#block += 1;
      this.#used = 0;
    }
    const word = this.#words[this.#used] ?? 0;
    this.#used += 1;
    return word;
  }

  /** An integer in [0, bound), without bias: draws that would favour small values are thrown away. */
  nextBelow(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = this.nextWord();
    while (word >= limit) word = this.nextWord();
    return word % bound;
  }

  /** A uniform value in (0, 1), never either end. */
  nextUniform(): number {
    return (this.nextWord() + 0.5) / 2 ** 32;
  }

  /** A standard normal value; Box and Muller's transform gives two at a time. */
  nextNormal(): number {
    const spare = this.#spareNormal;
    if (spare !== null) {
      this.#spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.nextUniform()));
    const angle = 2 * Math.PI * this.nextUniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** 128 uniform bits that are a function of (seed, purpose, index, place), each 32-bit: a key for one site. */
export function wordsAt(
  seed: number,
  purpose: Purpose,
  index: number,
  place: readonly [number, number, number],
): Uint32Array {
  const words = Uint32Array.of(...place, PURPOSE_WORD[purpose]);
  philox(words, seed, index);
  return words;
}

/** The numbers 0 … count-1 in an order drawn from the stream (Fisher and Yates, from the end). */
export function shuffledIndices(count: number, stream: PhiloxStream): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = stream.nextBelow(i + 1);
    const [a, b] = [order[i] ?? 0, order[j] ?? 0];
    order[i] = b;
    order[j] = a;
  }
  return order;
}

/** Ten rounds over a counter of four 32-bit words, in place, with a key of two. */
export function philox(words: Uint32Array, key0: number, key1: number): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = words;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round += 1) {
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    const high0 = highWord(0xd2511f53, c0);
    const high1 = highWord(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The upper 32 bits of an unsigned 32 by 32 bit product, by halves that doubles hold exactly. */
function highWord(a: number, b: number): number {
  const unsigned = b >>> 0;
  const upper = (a >>> 16) * unsigned;
  const lower = (a & 0xffff) * unsigned;
  return Math.floor((upper + Math.floor(lower / 65536)) / 65536);
}
