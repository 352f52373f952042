import { EMPTY_EXAMPLE, type Example, IGNORED_LABEL } from './example.ts';

/**
 * Examples side by side, padded on the right to one length, as the model takes them. Tokens are time-major:
 * the token at time t of row b has the index t * rows + b, so that a prefix of times is a prefix in memory.
 */
export interface Batch {
  rows: number;
  /** times in each row */
  length: number;
  /** [length * rows] */
  ids: Int32Array;
  /** token indices whose next token is a target [targets] */
  positions: Int32Array;
  /** the token to predict at each of `positions` [targets] */
  targets: Int32Array;
  /** the row that each of `positions` belongs to [targets] */
  targetRows: Int32Array;
  /** the time at which each token's example begins in its row [length * rows]; null: each row is one example */
  exampleStarts: Int32Array | null;
}

/** Lengths are rounded up to a multiple of this, so that a run meets few different shapes. */
const LENGTH_STEP = 16;

/**
 * Lays examples out as a batch, one in each row. Only what decides the loss is computed: each row ends with
 * its last target, and causal attention keeps the padding behind it from being seen.
 */
export function assembleBatch(examples: readonly Example[]): Batch {
  return assemblePacked(examples.map((example) => [example]));
}

/**
 * Lays out rows of one or more examples, one behind the other. Examples of a row do not see each other, none
 * predicts the first token of the next, and positions begin again with each.
 */
export function assemblePacked(packed: readonly (readonly Example[])[]): Batch {
  const rows = packed.length;
  const longest = Math.max(1, ...packed.map(usedRowLength));
  const length = paddedLength(longest);
  const ids = new Int32Array(length * rows);
  const exampleStarts = ids.map((_, token) => Math.floor(token / rows));
  const positions: number[] = [];
  const targets: number[] = [];
  const targetRows: number[] = [];
  for (const [row, examples] of packed.entries()) {
    let start = 0;
    for (const { inputIds, labels } of examples) {
      for (let time = 0; time < Math.min(length - start, inputIds.length); time += 1) {
        const index = (start + time) * rows + row;
        ids[index] = inputIds[time] ?? 0;
        exampleStarts[index] = start;
        const target = labels[time + 1] ?? IGNORED_LABEL;
        if (target === IGNORED_LABEL) continue;
        positions.push(index);
        targets.push(target);
        targetRows.push(row);
      }
      start += inputIds.length;
    }
  }
  return {
    rows,
    length,
    ids,
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    targetRows: Int32Array.from(targetRows),
    exampleStarts: packed.some((examples) => examples.length > 1) ? exampleStarts : null,
  };
}

/** The length of a batch whose longest row has so many tokens. */
export function paddedLength(longest: number): number {
  return Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
}

/** Tokens up to the one before the last target: what comes after decides nothing. */
function usedLength({ labels }: Example): number {
  for (let time = labels.length - 1; time > 0; time -= 1) if (labels[time] !== IGNORED_LABEL) return time;
  return 0;
}

function usedRowLength(examples: readonly Example[]): number {
  const before = examples.slice(0, -1).reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  return before + usedLength(examples.at(-1) ?? EMPTY_EXAMPLE);
}
