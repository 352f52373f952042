import { createHash } from 'node:crypto';
import type { DataRow, RecipeRow } from '../../workflows/contracts/data.ts';

/**
 * Which rows are held out of training: for each row true or false.
 *
 * A row's rank is SHA-256 of the seed and its three fields; the lowest `share` of all rows are held out,
 * at least one where there are two or more. So the choice depends on what the rows say and not on their
 * order, and equal rows are always on the same side: none is trained on and then tested. So are the instances of one task of
 * Self-Instruct, which share its instruction.
 */
export function holdOut(rows: readonly DataRow[], share: number, seed: number): boolean[] {
  const wanted = share === 0 || rows.length < 2 ? 0 : Math.max(1, Math.round(share * rows.length));
  if (wanted === 0) return rows.map(() => false);
  const ranks = rows.map((row) =>
    splitRank(row.provenance?.task ? { ...row, input: '', output: '' } : row, seed),
  );
  const highest = ranks.toSorted()[wanted - 1] ?? '';
  return ranks.map((rank) => rank <= highest);
}

/** A row's place in the order that rows are held out in: lower goes first. */
export function splitRank({ instruction, input, output }: RecipeRow, seed: number): string {
  return createHash('sha256')
    .update(JSON.stringify([seed, instruction, input, output]))
    .digest('hex');
}
