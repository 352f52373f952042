import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { MaskedRow, MaskOptions } from './mask.ts';

/**
 * Tokenizes plain text, of which every token is learnt: the tokens that begin a text, its own, and the end-of-text token,
 * cut into pieces of at most `maxLength`. A piece begins with the token that the one before ended with, so that each token
 * but the first is the target of exactly one.
 */
export function maskText(
  text: string,
  tokenizer: Tokenizer,
  { maxLength, specialTokensInRows }: Pick<MaskOptions, 'maxLength' | 'specialTokensInRows'>,
): MaskedRow[] {
  const spellsSpecialToken = tokenizer.specialTokens.some((token) => text.includes(token));
  const plain: [number, number][] =
    spellsSpecialToken && specialTokensInRows === 'text' ? [[0, text.length]] : [];
  const ids = tokenizer.encode(text + tokenizer.endOfText, { addSpecialTokens: true, plain });
  const pieces: MaskedRow[] = [];
  for (let start = 0; start === 0 || start < ids.length - 1; start += maxLength - 1) {
    const inputIds = Int32Array.from(ids.slice(start, start + maxLength));
    pieces.push({
      ...{ inputIds, labels: inputIds.slice() },
      ...{ truncated: false, fullyMasked: inputIds.length < 2, endOfTextLost: false, prefixMismatch: false },
      // Said once of a text, however many pieces it gives.
      ...{ spellsSpecialToken: spellsSpecialToken && start === 0, isRewritten: false, messages: 0 },
    });
  }
  return pieces;
}
