import type { Random } from './random.ts';
import type { Slot } from './slots.ts';

export type Slots = Readonly<Record<string, Slot>>;
export type Values = Readonly<Record<string, string>>;

/** @param given values that are not drawn */
export function drawValues(slots: Slots, random: Random, given: Values = {}): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, slot] of Object.entries(slots)) values[name] = given[name] ?? slot.draw(random, values);
  return values;
}

/**
 * The share of a phrasing's words that come from its slots, as a few sets of their values show. Two instructions of one
 * phrasing share the rest, and the recipe rejects the second where that is more than 0.7.
 */
export function shareThatVaries(phrasing: string, draws: readonly Values[]): number {
  const fixed = wordsOf(phrasing.replace(/\{[\p{L}\p{N}]+\}/gu, ' ')).length;
  const varied = slotsOf(phrasing).reduce((sum, slot) => sum + wordsThatVary(slot, draws), 0);
  return varied / (fixed + varied);
}

/** How many words a slot brings on average, less those that all its values share ("in", "a"). */
function wordsThatVary(slot: string, draws: readonly Values[]): number {
  const values = draws.map((values) => wordsOf(values[slot] ?? ''));
  const varied = values.map(
    (words) => words.filter((word) => !values.every((other) => other.includes(word))).length,
  );
  return varied.reduce((sum, count) => sum + count, 0) / values.length;
}

export function slotsOf(text: string): string[] {
  return [...text.matchAll(/\{([\p{L}\p{N}]+)\}/gu)].map(([, slot = '']) => slot);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
