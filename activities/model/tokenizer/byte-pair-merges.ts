import { z } from 'zod';

/** The ids of a short piece; null where it must go to the library: too long, or a character is no entry. */
export type Merger = (piece: string) => number[] | null;

/**
 * The merges of a byte-pair model, over ids. The library's own loop makes several objects and a JSON text
 * for every pair of neighbours that it looks at, which was half of the time of tokenizing a data set whose
 * pieces are remembered; it still has the pieces for which its queue or its fallback to bytes is needed.
 *
 * As in the Rust library, of the pairs with the lowest rank the leftmost is merged, one at a time.
 */
export function createMerger(model: unknown): Merger {
  const { vocab, merges, ignore_merges } = bytePairs.parse(model);
  const ids = new Map(Object.entries(vocab));
  const table = createTable(merges, ids);
  const symbols = new Int32Array(LONGEST);
  /** place in the merge table of each symbol and its right neighbour; NONE where they do not merge */
  const found = new Int32Array(LONGEST);

  return (piece) => {
    if (piece.length > LONGEST) return null;
    const whole = ignore_merges ? ids.get(piece) : undefined;
    if (whole !== undefined) return [whole];
    let length = 0;
    for (const character of piece) {
      const id = ids.get(character);
      if (id === undefined) return null;
      symbols[length] = id;
      length += 1;
    }
    for (let i = 0; i < length - 1; i += 1) found[i] = table.find(symbols[i] ?? 0, symbols[i + 1] ?? 0);
    for (let at = lowest(found, length - 1); at !== NONE; at = lowest(found, length - 1)) {
      symbols[at] = table.merged[found[at] ?? 0] ?? 0;
      symbols.copyWithin(at + 1, at + 2, length);
      found.copyWithin(at + 1, at + 2, length - 1);
      length -= 1;
      if (at > 0) found[at - 1] = table.find(symbols[at - 1] ?? 0, symbols[at] ?? 0);
      if (at < length - 1) found[at] = table.find(symbols[at] ?? 0, symbols[at + 1] ?? 0);
    }
    return Array.from(symbols.subarray(0, length));
  };
}

/** In characters. Longer pieces are rare where text is cut into words, and a queue is faster for them. */
const LONGEST = 64;
const NONE = -1;

const bytePairs = z.looseObject({
  // What each holds is looked at where the library is given it (tokenizer-support.ts).
  vocab: z.custom<Record<string, number>>((value) => typeof value === 'object' && value !== null),
  merges: z.custom<(string | [string, string])[]>(Array.isArray),
  ignore_merges: z.boolean().nullish(),
});

interface MergeTable {
  /** the rank of a pair, NONE where it does not merge */
  find(left: number, right: number): number;
  /** by rank, the id that the pair becomes */
  merged: Int32Array;
}

function createTable(
  merges: z.infer<typeof bytePairs>['merges'],
  ids: ReadonlyMap<string, number>,
): MergeTable {
  const ranks = new Map<number, number>();
  const merged = new Int32Array(merges.length);
  for (const [rank, merge] of merges.entries()) {
    const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ', 2) : merge;
    const [a, b, both] = [ids.get(left), ids.get(right), ids.get(left + right)];
    if (a === undefined || b === undefined || both === undefined)
      throw new Error(`its merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} is no entry`);
    ranks.set(a * PAIRS + b, rank);
    merged[rank] = both;
  }
  return { find: (left, right) => ranks.get(left * PAIRS + right) ?? NONE, merged };
}

/** Above any id, and its square is exact as a double. */
const PAIRS = 2 ** 26;

/** The leftmost place of the lowest rank among the first `count`. */
function lowest(found: Int32Array, count: number): number {
  let place = NONE;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i += 1) {
    const rank = found[i] ?? NONE;
    if (rank !== NONE && rank < best) {
      best = rank;
      place = i;
    }
  }
  return place;
}
