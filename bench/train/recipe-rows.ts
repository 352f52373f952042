import type { NumberedExample } from '../../activities/model/example.ts';
import { PhiloxStream } from '../../activities/philox.ts';

/** Words of the recipe's outputs: the share of outputs that have at most so many. */
const OUTPUT_WORDS = [
  [0, 1],
  [0.05, 1],
  [0.5, 30],
  [0.95, 122],
  [0.99, 202],
  [1, 320],
] as const;
/** The templates, begin-of-text included, as Llama's tokenizer cuts them. */
const TEMPLATE_TOKENS = { withoutInput: 35, withInput: 52 };
const WITH_INPUT_SHARE = 0.4;
/** of English words in a vocabulary of 32,000 */
const TOKENS_PER_WORD = 4 / 3;
/** Words of an instruction, and of an input where there is one: uniform between these. */
const INSTRUCTION_WORDS = [5, 18] as const;
const INPUT_WORDS = [3, 30] as const;
const LONGEST = 512;

/**
 * Rows as long as the recipe's, of random tokens: template, instruction and input masked, then the output and
 * its end. Between the known quantiles the logarithm of the number of words is taken as linear.
 */
export function recipeRows(count: number, vocabSize: number, seed: number): NumberedExample[] {
  const stream = new PhiloxStream(seed, 'shuffle', 0);
  const between = ([low, high]: readonly [number, number]) => low + stream.nextUniform() * (high - low);
  return Array.from({ length: count }, (_, row) => {
    const hasInput = stream.nextUniform() < WITH_INPUT_SHARE;
    const template = hasInput ? TEMPLATE_TOKENS.withInput : TEMPLATE_TOKENS.withoutInput;
    const words = between(INSTRUCTION_WORDS) + (hasInput ? between(INPUT_WORDS) : 0);
    const prompt = template + Math.round(words * TOKENS_PER_WORD);
    const answer = Math.round(outputWords(stream.nextUniform()) * TOKENS_PER_WORD) + 1;
    const length = Math.min(LONGEST, prompt + answer);
    const inputIds = Int32Array.from({ length }, () => stream.nextBelow(vocabSize));
    return { row, inputIds, labels: inputIds.map((id, time) => (time < prompt ? -100 : id)) };
  });
}

/** The number of words that this share of outputs stays below. */
function outputWords(share: number): number {
  for (const [i, [above, most]] of OUTPUT_WORDS.entries()) {
    const [below, least] = OUTPUT_WORDS[i - 1] ?? [0, 1];
    if (share <= above && above > below) return least * (most / least) ** ((share - below) / (above - below));
  }
  return 320;
}
