/**
 * A small seeded generator: the same seed gives the same draws on every machine. It is sfc32 (Chris
 * Doty-Humphrey's "small fast counting" generator, 128 bits of state), its state filled from a hash of
 * the seed's text. Good enough to compose tasks with; no use for anything secret.
 */
export interface Random {
  /** uniform in [0, 1), 32 bits of resolution */
  next(): number;
  /** uniform over the integers from `min` to `max`, both included */
  integer(min: number, max: number): number;
  /** true in about `share` of the calls */
  chance(share: number): boolean;
  /** one element; throws RangeError on an empty list */
  pick<Item>(items: readonly Item[]): Item;
  /** `count` different elements in random order; all of them where there are fewer */
  sample<Item>(items: readonly Item[], count: number): Item[];
}

/** A generator whose whole sequence is a function of `seed`. */
export function createRandom(seed: string): Random {
  const next = sfc32(...hashOfText(seed));
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    chance: (share) => next() < share,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError('There is nothing to pick from.');
      return item;
    },
    sample: (items, count) => {
      const rest = [...items];
      const drawn: (typeof rest)[number][] = [];
      while (drawn.length < count && rest.length > 0) {
        drawn.push(...rest.splice(integer(0, rest.length - 1), 1));
      }
      return drawn;
    },
  };
}

function sfc32(a: number, b: number, c: number, counter: number): () => number {
  const step = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first outputs still show the seed: twelve rounds mix it in, as the generator's author advises.
  for (let round = 0; round < 12; round += 1) step();
  return step;
}

/** Four 32-bit FNV-1a hashes of the text, each from its own offset and with a final avalanche. */
function hashOfText(text: string): [number, number, number, number] {
  const hash = (offset: number) => {
    let value = offset;
    for (let index = 0; index < text.length; index += 1) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    }
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) | 0;
  };
  return [hash(0x811c9dc5), hash(0x9e3779b9), hash(0x243f6a88), hash(0xb7e15162)];
}
