/** A piece that is encoded by itself, or an added token: where it is in its section, and its first token. */
export interface EncodedPiece {
  /** where what stands between two added tokens begins in the text */
  from: number;
  /** where the piece begins in the normalized form of that */
  at: number;
  /** null for an added token */
  piece: string | null;
  token: number;
}

interface Spelling {
  /** tokens are spelt in byte-level characters, one for each byte */
  byteLevel: boolean;
  normalize: ((text: string) => string) | null;
  spellingOf(id: number): string;
}

/** The token of an encoded text that holds the character at a place; of several that share it, the first. */
export type TokenFinder = (
  text: string,
  place: number,
  pieces: readonly EncodedPiece[],
  ids: readonly number[],
) => number;

/**
 * Finds tokens by the places of their characters, as `char_to_token` of Hugging Face's fast tokenizers does: pieces are
 * known by place, and in a piece the lengths of its tokens in bytes add up.
 */
export function createTokenFinder({ byteLevel, normalize, spellingOf }: Spelling): TokenFinder {
  const bytesOf = (id: number) => {
    const spelling = spellingOf(id);
    if (byteLevel) return spelling.length;
    return BYTE.test(spelling) ? 1 : Buffer.byteLength(spelling);
  };
  return (text, place, pieces, ids) => {
    const { from = 0 } = pieces[lastWhere(pieces, (piece) => piece.from <= place)] ?? {};
    const before = text.slice(from, place);
    const at = (normalize === null || before === '' ? before : normalize(before)).length;
    const found = lastWhere(pieces, (piece) => piece.from < from || (piece.from === from && piece.at <= at));
    const { piece = null, token = 0, at: start = 0 } = pieces[found] ?? {};
    if (piece === null) return token;
    const end = pieces[found + 1]?.token ?? ids.length;
    let left = Buffer.byteLength(piece.slice(0, at - start));
    for (let i = token; i < end; i += 1) {
      left -= bytesOf(ids[i] ?? 0);
      if (left < 0) return i;
    }
    return end - 1;
  };
}

/** A byte of a character that the vocabulary lacks. */
const BYTE = /^<0x[\dA-F]{2}>$/;

/** The last that a condition holds of, which holds of all before it. */
function lastWhere<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
