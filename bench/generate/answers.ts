import { heading, NO_INPUT } from '../../activities/generate/prompt/prompt.ts';
import { PhiloxStream } from '../../activities/philox.ts';
import { buildCorpus, RELEASED } from '../dedupe/corpus.ts';

/**
 * What a teacher would answer to the recipe's prompts: segments 4 to 19, numbered on from the three tasks
 * shown; the recipe's stop ends an answer before the 20th. Instructions have the released corpus' shape, near duplicates included; inputs and outputs have
 * its lengths. The words mean nothing.
 */
const FIRST_SEGMENT = 4;
const SEGMENTS = 16;

/** of segments, without the line that begins the output: the parser drops them */
const MALFORMED = 0.02;
/** of rows, with an input: about 40% of the released ones have one */
const WITH_INPUT = 0.4;
/** corpus sentences of about 45 characters in an input, and in the shortest and the longest output */
const INPUT_SENTENCES = 2;
const OUTPUT_SENTENCES = { fewest: 1, most: 10 };

/** Builds `count` different answers; the same seed gives the same ones. */
export function buildAnswers(count: number, seed = 1): string[] {
  const rows = count * SEGMENTS;
  const share = (of: number) => Math.round((rows * of) / RELEASED.rows);
  const plan = {
    rows,
    nearDuplicates: share(RELEASED.nearDuplicates),
    atThreshold: share(RELEASED.atThreshold),
  };
  const instructions = buildCorpus(plan, seed);
  const random = new PhiloxStream(seed, 'shuffle', 1);
  const sentences = (number: number) =>
    Array.from({ length: number }, () => instructions[random.nextBelow(rows)] ?? '').join(' ');
  return Array.from({ length: count }, (_, answer) =>
    Array.from({ length: SEGMENTS }, (_, segment) => {
      const number = FIRST_SEGMENT + segment;
      const instruction = instructions[answer * SEGMENTS + segment] ?? '';
      const input = random.nextUniform() < WITH_INPUT ? sentences(INPUT_SENTENCES) : NO_INPUT;
      const { fewest, most } = OUTPUT_SENTENCES;
      const output = sentences(fewest + random.nextBelow(most - fewest + 1));
      const label = random.nextUniform() < MALFORMED ? '' : `${number}. Output:\n`;
      // The prompt ends with the first heading.
      const begin = segment === 0 ? '' : `###\n${heading(number)}`;
      return `${begin} ${instruction}\n${number}. Input:\n${input}\n${label}${output}\n`;
    }).join(''),
  );
}
