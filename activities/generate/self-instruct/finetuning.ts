import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { strip } from '../parse/python-text.ts';
import { drawDistinct } from '../prompt/draw.ts';

/** A row as the original trains on it (gpt3_finetuning_data_N.jsonl). */
export interface FinetuningRow {
  prompt: string;
  completion: string;
}

/** The end of a text in the vocabulary of the model that the original trains. */
const END_OF_TEXT = '<|endoftext|>';

const STREAMS = { shortens: 4, template: 5 };

/** The original's layouts: what stands before the instruction, between it and the input, behind the input, and before the output. */
const WITH_INPUT = [
  ['', '\nInput: ', '\nOutput:', ' '],
  ['', '\n\nInput: ', '\n\nOutput:', ' '],
  ['Task: ', '\nInput: ', '\nOutput:', ' '],
  ['', '\n\n', '\n\nOutput:', ' '],
  ['', '\n\n', '\n\n', ''],
  ['', '\n', '\n\n', ''],
  ['Task: ', '\n\n', '\n\n', ''],
] as const;

/** The same without an input: before the instruction, behind it, before the output. */
const WITHOUT_INPUT = [
  ['', ' Output:', ' '],
  ['', '\nOutput:', ' '],
  ['', '\n\nOutput:', ' '],
  ['', '\n', ''],
  ['', '\n\n', ''],
  ['Task: ', '\n\n', ''],
] as const;

/**
 * The rows that the original trains on: each in a layout drawn of several, half of the inputs without the name of their
 * only field, and no row twice. The draws are a function of the run's seed and the row's place; the original draws by the
 * state of its generator, and shuffles: whoever trains does that.
 */
export function finetuningRows(rows: readonly RecipeRow[], runSeed: number): FinetuningRow[] {
  const byContent = new Map<string, FinetuningRow>();
  for (const [place, row] of rows.entries()) {
    const drawn = layOut(row, (stream, available) => {
      const [index = 0] = drawDistinct(
        { runSeed, request: place, prompt: 0, stream: STREAMS[stream] },
        1,
        available,
      );
      return index;
    });
    const content = JSON.stringify([drawn.prompt, drawn.completion]);
    if (!byContent.has(content)) byContent.set(content, drawn);
  }
  return [...byContent.values()];
}

function layOut(
  row: RecipeRow,
  draw: (stream: keyof typeof STREAMS, available: number) => number,
): FinetuningRow {
  const shortened = draw('shortens', 2) === 0 ? withoutFieldName(row.input) : row.input;
  const [instruction, input, output] = [row.instruction, shortened, row.output].map(strip);
  if (input === '') {
    const [before, behind, space] = WITHOUT_INPUT[draw('template', WITHOUT_INPUT.length)] ?? WITHOUT_INPUT[0];
    return { prompt: `${before}${instruction}${behind}`, completion: `${space}${output}${END_OF_TEXT}` };
  }
  const [before, between, behind, space] = WITH_INPUT[draw('template', WITH_INPUT.length)] ?? WITH_INPUT[0];
  return {
    prompt: `${before}${instruction}${between}${input}${behind}`,
    completion: `${space}${output}${END_OF_TEXT}`,
  };
}

/** Where one word alone stands before colons, what is up to the first colon goes; two line breaks become one. */
function withoutFieldName(input: string): string {
  const names = new Set([...input.matchAll(/[\p{L}\p{N}_]+(?=:)/gu)].map(([name]) => name));
  const rest = names.size === 1 ? input.slice(input.indexOf(':') + 1) : input;
  return strip(rest).replaceAll('\n\n', '\n');
}
