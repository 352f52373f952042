import type { DataRow } from '../../workflows/contracts/data.ts';
import { PhiloxStream, shuffledIndices } from '../philox.ts';
import { type Histogram, histogramOfCounts } from './histogram.ts';

/**
 * What can be measured on the rows alone. Lengths are in words: runs of anything but white space; of conversations, those
 * of the first exchange.
 */
export interface DataStatistics {
  rows: number;
  /** rows that are conversations, and how many answers they have in all */
  conversations: { rows: number; answers: number };
  withInput: number;
  instructionWords: Histogram;
  /** of the rows that have an input */
  inputWords: Histogram;
  outputWords: Histogram;
  /** a draw by the seed, in the order of the data */
  examples: { row: number; example: DataRow }[];
}

/** Far above the epochs that training numbers its streams by. */
const EXAMPLES_STREAM = 1_000_101;

export function measureData(rows: readonly DataRow[], seed: number, examples = 20): DataStatistics {
  const withInput = rows.filter(({ input }) => input !== '');
  const order = shuffledIndices(rows.length, new PhiloxStream(seed, 'shuffle', EXAMPLES_STREAM));
  const drawn = order.slice(0, examples).sort((left, right) => left - right);
  return {
    rows: rows.length,
    conversations: countConversations(rows),
    withInput: withInput.length,
    instructionWords: histogramOfCounts(rows.map(({ instruction }) => countWords(instruction))),
    inputWords: histogramOfCounts(withInput.map(({ input }) => countWords(input))),
    outputWords: histogramOfCounts(rows.map(({ output }) => countWords(output))),
    examples: drawn.flatMap((row) => {
      const example = rows[row];
      return example ? [{ row, example }] : [];
    }),
  };
}

function countConversations(rows: readonly DataRow[]): DataStatistics['conversations'] {
  const chats = rows.flatMap(({ messages }) => messages ?? []);
  return {
    rows: rows.filter(({ messages }) => messages !== undefined).length,
    answers: chats.filter(({ role }) => role === 'assistant').length,
  };
}

/** Words separated by white space. */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
