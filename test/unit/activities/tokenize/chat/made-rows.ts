import type { RecipeRow } from '../../../../../workflows/contracts/data.ts';

const WORDS = [
  'Add',
  'the',
  'words',
  '둘',
  'é',
  '12,5',
  '"so"',
  '{input}',
  '{%',
  '{{ x }}',
  "it's",
  '\\n',
  '<b>',
];
const GAPS = [' ', ' ', ' ', '\n', '\n\n', '  ', '\t'];

/** Rows of words, gaps and what a template language may stumble over; a third of them have no input. */
export function madeRows(count: number): RecipeRow[] {
  let state = 7;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const text = () =>
    Array.from(
      { length: 1 + below(9) },
      () => `${WORDS[below(WORDS.length)]}${GAPS[below(GAPS.length)]}`,
    ).join('');
  return Array.from({ length: count }, (_, row) => ({
    instruction: `${row} ${text()}`,
    input: row % 3 === 0 ? '' : text(),
    output: text(),
  }));
}
