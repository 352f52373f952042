import type { RecipeRow } from '../../workflows/contracts/data.ts';
import type { ReleaseSplits } from '../../workflows/contracts/release.ts';
import { splitRank } from '../tokenize/split.ts';

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];

/**
 * The split of each row. Rows whose instructions differ in nothing but case and white space stay together,
 * so that no instruction is in two splits; a split is as large as was asked, or larger by what a group of
 * such rows brings.
 *
 * Groups are taken in the order in which tokenizing holds rows out of training: with the same seed, the rows
 * of `test` and `validation` are first of all rows that the run's model has not seen.
 *
 * @param seed the run seed
 */
export function assignSplits(
  rows: readonly RecipeRow[],
  { validation, test }: ReleaseSplits,
  seed: number,
): SplitName[] {
  const assigned = rows.map((): SplitName => 'train');
  const groups = groupsInOrder(rows, seed);
  for (const [split, share] of [
    ['test', test],
    ['validation', validation],
  ] as const) {
    const wanted = Math.round(share * rows.length);
    for (let taken = 0; taken < wanted && groups.length > 1; ) {
      const group = groups.shift() ?? [];
      for (const row of group) assigned[row] = split;
      taken += group.length;
    }
  }
  return assigned;
}

/** What two rows have in common that may not be in two splits. */
export function instructionKey({ instruction }: Pick<RecipeRow, 'instruction'>): string {
  return instruction.toLowerCase().split(/\s+/).filter(Boolean).join(' ');
}

/** Row indices by instruction, the group with the lowest rank first. */
function groupsInOrder(rows: readonly RecipeRow[], seed: number): number[][] {
  const groups = new Map<string, { rank: string; members: number[] }>();
  for (const [index, row] of rows.entries()) {
    const rank = splitRank(row, seed);
    const group = groups.get(instructionKey(row));
    if (group === undefined) {
      groups.set(instructionKey(row), { rank, members: [index] });
    } else {
      group.members.push(index);
      if (rank < group.rank) group.rank = rank;
    }
  }
  return [...groups.values()].sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ members }) => members);
}
