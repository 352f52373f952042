import type { RecipeRow } from '../../workflows/contracts/rows.ts';
import type { Tokenizer } from '../model/folder/tokenizer.ts';
import { formatPrompt } from './templates.ts';
import { IGNORED } from './tokens.ts';

export interface MaskOptions {
  /** longest row in tokens; what is beyond is cut off */
  maxLength: number;
  /** learn the prompt's tokens too */
  trainOnPrompt: boolean;
}

export interface MaskedRow {
  inputIds: Int32Array;
  /** `inputIds`, IGNORED where nothing is learnt */
  labels: Int32Array;
  truncated: boolean;
  /** nothing is left to learn: the prompt alone fills `maxLength` */
  fullyMasked: boolean;
  /** the end-of-text token was cut off, so the row does not teach to stop */
  endOfTextLost: boolean;
  /** the prompt's ids are not how the whole row's ids begin, so the mask's edge is off by some tokens */
  prefixMismatch: boolean;
}

/**
 * Tokenizes a row as the recipe does: the text is prompt + output + end-of-text token; as many tokens are
 * masked as the prompt has when tokenized alone. The mask goes by position and never by id, so a padding
 * token that equals the end-of-text token cannot hide the real one. Rows are not padded here.
 */
export function maskRow(row: RecipeRow, tokenizer: Tokenizer, options: MaskOptions): MaskedRow {
  const prompt = formatPrompt(row);
  const promptIds = tokenizer.encode(prompt, { addSpecialTokens: true });
  const ids = tokenizer.encode(prompt + row.output + tokenizer.endOfText, { addSpecialTokens: true });
  const inputIds = Int32Array.from(ids.slice(0, options.maxLength));
  const labels = inputIds.slice();
  if (!options.trainOnPrompt) labels.fill(IGNORED, 0, promptIds.length);
  return {
    inputIds,
    labels,
    truncated: ids.length > options.maxLength,
    fullyMasked: !options.trainOnPrompt && promptIds.length >= inputIds.length,
    endOfTextLost: inputIds.at(-1) !== tokenizer.endOfTextId,
    prefixMismatch: promptIds.some((id, position) => ids[position] !== id),
  };
}

/** True where a row's own text spells a special token, which tokenizes to that token's single id. */
export function spellsSpecialToken(row: RecipeRow, specialTokens: readonly string[]): boolean {
  const fields = [row.instruction, row.input, row.output];
  return specialTokens.some((token) => fields.some((field) => field.includes(token)));
}
