import type { RecipeRow } from '../../workflows/contracts/data.ts';

/** A prompt around a row's fields: what is asked of a model, in training and ever after. */
export interface PromptTemplate {
  /** for rows whose `input` is not the empty string */
  withInput: string;
  withoutInput: string;
}

/**
 * The recipe's two templates. They are a wire format: every model tuned with the recipe expects these
 * exact bytes, and nothing follows `### Response:`.
 */
export const RECIPE_TEMPLATE: PromptTemplate = {
  withInput: `Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.

### Instruction:
{instruction}

### Input:
{input}

### Response:`,
  withoutInput: `Below is an instruction that describes a task. Write a response that appropriately completes the request.

### Instruction:
{instruction}

### Response:`,
};

/** What a prompt has of a row. */
export type PromptFields = Pick<RecipeRow, 'instruction' | 'input'>;

/** The prompt of a row; the template with an input is taken where `input` is not the empty string. */
export function formatPrompt(row: PromptFields, template: PromptTemplate = RECIPE_TEMPLATE): string {
  return promptParts(row, template)
    .map(({ text }) => text)
    .join('');
}

/** The same in parts, each of the template or of the row. */
export function promptParts(
  row: PromptFields,
  template: PromptTemplate,
): Array<{ text: string; fromRow: boolean }> {
  const chosen = row.input === '' ? template.withoutInput : template.withInput;
  // Cut once, so that a row that holds "{input}" itself is left as it is.
  return chosen.split(/\{(instruction|input)\}/).map((part, i) => {
    if (i % 2 === 0) return { text: part, fromRow: false };
    return { text: part === 'input' ? row.input : row.instruction, fromRow: true };
  });
}
