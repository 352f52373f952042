import { ByteLevelPreTokenizer, type TokenizerModel } from '@huggingface/tokenizers';
import type { SectionCutter, TextRange } from './added-tokens.ts';
import type { Merger } from './byte-pair-merges.ts';
import type { PreTokenization } from './pre-tokenizer.ts';

/** Text to ids, without what a post-processor puts around them. `plain`: where special tokens are text. */
export type TextEncoder = (text: string, plain: readonly TextRange[]) => number[];

/**
 * Encodes as the Rust library does: added tokens are cut out, the rest is normalized and cut into pieces,
 * and every piece is encoded by itself. So a piece that was seen before has the ids that it had before.
 */
export function createTextEncoder(
  cutSections: SectionCutter,
  { cut, byteLevel }: PreTokenization,
  { merge, model }: { merge: Merger; model: TokenizerModel },
): TextEncoder {
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

  return (text, plain) => {
    const ids: number[] = [];
    for (const section of cutSections(text, plain)) {
      if ('id' in section) {
        ids.push(section.id);
        continue;
      }
      for (const piece of cut(section.text, section.atStart)) {
        const known = remembered.get(piece) ?? encodePiece(piece);
        if (typeof known === 'number') ids.push(known);
        else for (const id of known) ids.push(id);
      }
    }
    return ids;
  };
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
