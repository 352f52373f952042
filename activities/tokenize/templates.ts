import type { RecipeRow } from '../../workflows/contracts/rows.ts';

/**
 * The recipe's two templates. They are a wire format: every model tuned with the recipe expects these
 * exact bytes, and nothing follows `### Response:`.
 */
const WITH_INPUT = `Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.

### Instruction:
{instruction}

### Input:
{input}

### Response:`;

const WITHOUT_INPUT = `Below is an instruction that describes a task. Write a response that appropriately completes the request.

### Instruction:
{instruction}

### Response:`;

/** The prompt of a row; the template with an input is taken where `input` is not the empty string. */
export function formatPrompt(row: Pick<RecipeRow, 'instruction' | 'input'>): string {
  const template = row.input === '' ? WITHOUT_INPUT : WITH_INPUT;
  // One pass, so that a row that holds "{input}" itself is left as it is.
  return template.replaceAll(/\{(instruction|input)\}/g, (_, field: 'instruction' | 'input') => row[field]);
}
