import { ByteLevelPreTokenizer, type TokenizerModel } from '@huggingface/tokenizers';
import type { SectionCutter, TextRange } from './added-tokens.ts';
import type { Merger } from './byte-pair-merges.ts';
import type { PreTokenization } from './pre-tokenizer.ts';
import { createTokenFinder, type EncodedPiece } from './token-places.ts';

/** Text to ids, without what a post-processor puts around them. `plain`: where special tokens are text. */
export interface TextEncoder {
  encode(text: string, plain: readonly TextRange[]): number[];
  /** The same, and for each of these places in the text the token that holds the character there. */
  encodeAt(
    text: string,
    plain: readonly TextRange[],
    places: readonly number[],
  ): { ids: number[]; tokens: number[] };
}

export interface EncoderParts {
  cutSections: SectionCutter;
  preTokenization: PreTokenization;
  normalize: ((text: string) => string) | null;
  merge: Merger;
  model: TokenizerModel;
}

/**
 * Encodes as the Rust library does: added tokens are cut out, the rest is normalized and cut into pieces,
 * and every piece is encoded by itself. So a piece that was seen before has the ids that it had before.
 */
export function createTextEncoder({
  cutSections,
  preTokenization: { cut, byteLevel },
  normalize,
  merge,
  model,
}: EncoderParts): TextEncoder {
  const spell = byteLevel ? byteCharacters() : (piece: string) => piece;
  // What the model would remember is remembered here.
  model.max_length_to_cache = 0;
  const remembered = new Map<string, number | readonly number[]>();

  const encodePiece = (piece: string): number | readonly number[] => {
    const spelt = spell(piece);
    const ids = merge(spelt) ?? idsOf(model, spelt);
    const known = ids.length === 1 ? (ids[0] ?? ids) : ids;
    if (piece.length <= LONGEST_REMEMBERED && remembered.size < MOST_REMEMBERED)
      remembered.set(copyOf(piece), known);
    return known;
  };

  const encodeInto = (text: string, plain: readonly TextRange[], pieces: EncodedPiece[] | null) => {
    const ids: number[] = [];
    for (const section of cutSections(text, plain)) {
      const { from, at } = section;
      if ('id' in section) {
        pieces?.push({ from, at, piece: null, token: ids.length });
        ids.push(section.id);
        continue;
      }
      const cuts = cut(section.text, section.atStart);
      let place = pieces === null ? 0 : at - addedBefore(cuts, section.text);
      for (const piece of cuts) {
        pieces?.push({ from, at: place, piece, token: ids.length });
        place += piece.length;
        const known = remembered.get(piece) ?? encodePiece(piece);
        if (typeof known === 'number') ids.push(known);
        else for (const id of known) ids.push(id);
      }
    }
    return ids;
  };

  const find = createTokenFinder({ byteLevel, normalize, spellingOf: (id) => model.vocab[id] ?? '' });
  return {
    encode: (text, plain) => encodeInto(text, plain, null),
    encodeAt: (text, plain, places) => {
      const pieces: EncodedPiece[] = [];
      const ids = encodeInto(text, plain, pieces);
      return { ids, tokens: places.map((place) => find(text, place, pieces, ids)) };
    },
  };
}

/** How many characters a pre-tokenizer put before a text: a space, or none. */
function addedBefore(pieces: readonly string[], text: string): number {
  const added = pieces.reduce((length, piece) => length + piece.length, 0) - text.length;
  if (added === 0 || added === 1) return added;
  throw new Error('its pre-tokenizer drops characters, so no token is known to hold one of them');
}

/** In characters. Tokenizers that do not cut text into words hand over whole texts. */
const LONGEST_REMEMBERED = 64;
const MOST_REMEMBERED = 400_000;

/** V8 cuts a string by pointing into it; a remembered piece would keep its whole row in memory. */
function copyOf(piece: string): string {
  return piece.length < SHORTEST_POINTING ? piece : JSON.parse(JSON.stringify(piece));
}
const SHORTEST_POINTING = 13;

function idsOf(model: TokenizerModel, piece: string): number[] {
  const ids = model([piece]).map((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id);
  return ids.filter((id) => id !== undefined);
}

/** Writes a text in byte-level characters, one for each byte of its UTF-8. */
export function byteCharacters(): (piece: string) => string {
  const byteLevel = new ByteLevelPreTokenizer({
    type: 'ByteLevel',
    add_prefix_space: false,
    use_regex: false,
  });
  return (piece) => byteLevel.pre_tokenize_text(piece).join('');
}
