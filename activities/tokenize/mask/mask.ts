import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { type Example, IGNORED_LABEL } from '../../model/example.ts';
import type { TextRange } from '../../model/tokenizer/added-tokens.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { type PromptTemplate, promptParts } from '../templates.ts';

export interface MaskOptions {
  /** longest row in tokens; what is beyond is cut off */
  maxLength: number;
  /** learn the prompt's tokens too */
  trainOnPrompt: boolean;
  /** what becomes of a row's own text that spells a special token: the token's id, or text like any other */
  specialTokensInRows: 'parse' | 'text';
  template: PromptTemplate;
}

/** A row as an example, whose labels are its ids where they are learnt, and what befell it. */
export interface MaskedRow extends Example, RowFlags {
  /** how many messages of a conversation it has; 0 for a row that is none */
  messages: number;
}

export interface RowFlags {
  truncated: boolean;
  /** nothing is left to learn: the prompt alone fills `maxLength` */
  fullyMasked: boolean;
  /** the end-of-text token was cut off, so the row does not teach to stop */
  endOfTextLost: boolean;
  /** the prompt's ids are not how the whole row's ids begin, so the mask's edge is off by some tokens */
  prefixMismatch: boolean;
  /** the row's own text spells a special token */
  spellsSpecialToken: boolean;
  /** the chat template drops or rewrites earlier turns of it */
  isRewritten: boolean;
}

/**
 * Tokenizes a row as the recipe does: the text is prompt + output + end-of-text token; as many tokens are
 * masked as the prompt has when tokenized alone. The mask goes by position and never by id, so a padding
 * token that equals the end-of-text token cannot hide the real one. Rows are not padded here.
 */
export function maskRow(row: RecipeRow, tokenizer: Tokenizer, options: MaskOptions): MaskedRow {
  const parts = promptParts(row, options.template);
  const prompt = parts.map(({ text }) => text).join('');
  const spellsSpecialToken = spellsAny(row, tokenizer.specialTokens);
  const plain =
    spellsSpecialToken && options.specialTokensInRows === 'text'
      ? rangesOfRow([...parts, { text: row.output, fromRow: true }])
      : [];
  const promptIds = tokenizer.encode(prompt, { addSpecialTokens: true, plain });
  const ids = tokenizer.encode(prompt + row.output + tokenizer.endOfText, { addSpecialTokens: true, plain });
  const inputIds = Int32Array.from(ids.length > options.maxLength ? ids.slice(0, options.maxLength) : ids);
  const labels = inputIds.slice();
  if (!options.trainOnPrompt) labels.fill(IGNORED_LABEL, 0, promptIds.length);
  return {
    inputIds,
    labels,
    truncated: ids.length > options.maxLength,
    fullyMasked: !options.trainOnPrompt && promptIds.length >= inputIds.length,
    endOfTextLost: inputIds.at(-1) !== tokenizer.endOfTextId,
    prefixMismatch: promptIds.some((id, position) => ids[position] !== id),
    spellsSpecialToken,
    isRewritten: false,
    messages: 0,
  };
}

function spellsAny({ instruction, input, output }: RecipeRow, tokens: readonly string[]): boolean {
  return tokens.some(
    (token) => instruction.includes(token) || input.includes(token) || output.includes(token),
  );
}

/** Where in the joined text the row's own parts lie. */
function rangesOfRow(parts: ReadonlyArray<{ text: string; fromRow: boolean }>): TextRange[] {
  const ranges: TextRange[] = [];
  let start = 0;
  for (const { text, fromRow } of parts) {
    if (fromRow) ranges.push([start, start + text.length]);
    start += text.length;
  }
  return ranges;
}
