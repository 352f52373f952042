import type { RecipeRow } from '../../workflows/contracts/data.ts';

/** Of so many rows one is spoiled. */
const SPOILED_ONE_OF = 5;

/** Faults as teachers make them: each is found by one rule of the filter. */
const FAULTS: readonly (<Row extends RecipeRow>(row: Row) => Row)[] = [
  (row) => ({ ...row, output: row.instruction }),
  (row) => ({ ...row, output: 'I am sorry, but as an AI model I cannot help with this request.' }),
  (row) => ({ ...row, output: Array(5).fill(row.output).join('\n') }),
  (row) => ({ ...row, output: `${row.output}\n\n### Response:\n${row.output}` }),
  (row) => ({ ...row, output: `\`\`\`\n${row.output}` }),
];

/** The same rows, of which every fifth has a fault: an echo, a refusal, a repetition, markup, a block without an end, in turn. */
export function spoil<Row extends RecipeRow>(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => {
    if (index % SPOILED_ONE_OF !== 0) return row;
    return FAULTS[(index / SPOILED_ONE_OF) % FAULTS.length]?.(row) ?? row;
  });
}
