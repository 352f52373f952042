import { IGNORED_LABEL } from '../../model/example.ts';
import { seededOrder } from '../answers/seeded-order.ts';
import type { TokenizedRow } from './bigram.ts';

/**
 * Gives every row the prompt of another row and lets it keep its targets: a model that reads its prompt
 * must find them harder to predict. In a seeded order each row takes the prompt of the next one, the last
 * row that of the first; with two rows or more no row meets its own. A prompt is the row's masked front.
 *
 * Rows come back in the order given, never longer than the longest of them: a prompt that would not fit
 * loses its front.
 */
export function exchangePrompts(rows: readonly TokenizedRow[], seed: number): TokenizedRow[] {
  const longest = rows.reduce((most, row) => Math.max(most, row.inputIds.length), 0);
  const exchanged = [...rows];
  for (const [to, from] of promptDonors(rows.length, seed)) {
    const row = rows[to];
    const donor = rows[from];
    if (row && donor) exchanged[to] = withPromptOf(donor, row, longest);
  }
  return exchanged;
}

/** Who gets whose prompt: pairs of (row, donor), a single cycle over all rows; empty for fewer than two. */
export function promptDonors(count: number, seed: number): [row: number, donor: number][] {
  if (count < 2) return [];
  const order = seededOrder(count, seed, 'exchange-prompts');
  return order.map((row, place) => [row, order[(place + 1) % count] ?? row]);
}

function withPromptOf(donor: TokenizedRow, row: TokenizedRow, longest: number): TokenizedRow {
  const start = promptLength(row);
  const targets = row.inputIds.subarray(start);
  const whole = donor.inputIds.subarray(0, promptLength(donor));
  const prompt = whole.subarray(Math.max(0, whole.length - (longest - targets.length)));
  const masked = new Array<number>(prompt.length).fill(IGNORED_LABEL);
  return {
    inputIds: Int32Array.from([...prompt, ...targets]),
    labels: Int32Array.from([...masked, ...row.labels.subarray(start)]),
  };
}

function promptLength(row: TokenizedRow): number {
  const first = row.labels.findIndex((label) => label !== IGNORED_LABEL);
  return first === -1 ? row.labels.length : first;
}
