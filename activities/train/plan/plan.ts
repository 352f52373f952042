import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { PhiloxStream, shuffledIndices } from '../../philox.ts';
import { packBestFit } from './plan-packing.ts';

export interface PlanOptions {
  seed: number;
  /** tokens in each training row; a row is named by its index here */
  lengths: readonly number[];
  epochs: number;
  /** rows in an optimizer step */
  globalBatch: number;
  /** rows, or packed rows, in one forward and backward */
  microBatch: number;
  shardsPerEpoch: number;
  /** tokens of a packed row; null leaves each row by itself */
  packedLength?: number | null;
}

/** A row by its index, or several that are packed into one. */
export type PlannedRow = number | number[];

/** The order of a whole run, fixed before it starts: a function of the options and nothing else. */
export interface BatchPlan {
  /** for each step the micro-batches, each a list of rows */
  steps: PlannedRow[][][];
  totalSteps: number;
  stepsPerEpoch: number;
  /** shard s of the run is the steps [boundaries[s], boundaries[s + 1]) */
  boundaries: number[];
  /** SHA-256 of `steps`: equal for every number of shards */
  digest: string;
}

/**
 * Plans every step of a run.
 *
 * Each epoch takes the rows in a new order, the Fisher-Yates shuffle by the Philox stream of (seed, epoch),
 * and cuts it into global batches; the last batch of an epoch is smaller where the rows do not divide, and
 * kept, as Hugging Face's Trainer does. Within a global batch the rows are sorted by length, longest first
 * and by index among equals, so that a micro-batch pads little; the gradient is a sum over the whole batch,
 * so this order does not change what is learnt. Nor does packing, for the same reason: a step learns from the
 * same rows, which are then packed among themselves. Shards cut each epoch into equal ranges of steps: an epoch
 * with fewer steps than shards has as many shards as steps.
 */
export function planBatches(options: PlanOptions): BatchPlan {
  const { seed, lengths, epochs, globalBatch, microBatch, shardsPerEpoch, packedLength = null } = options;
  if (lengths.length === 0) {
    throw new AlpacaError('InvalidInput', 'There are no rows to train on.', {
      remedy: 'Give more data, or hold out a smaller share of it.',
    });
  }
  const stepsPerEpoch = Math.ceil(lengths.length / globalBatch);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const steps: PlannedRow[][][] = [];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = shuffledIndices(lengths.length, new PhiloxStream(seed, 'shuffle', epoch));
    for (const batch of chunks(order, globalBatch)) {
      const rows: PlannedRow[] =
        packedLength === null
          ? longestFirst(batch, lengths)
          : packBestFit(batch, lengths, Math.max(packedLength, longest));
      steps.push([...chunks(rows, microBatch)]);
    }
  }
  return {
    steps,
    totalSteps: steps.length,
    stepsPerEpoch,
    boundaries: shardBoundaries(epochs, stepsPerEpoch, shardsPerEpoch),
    digest: digestOfSteps(steps),
  };
}

/** The row indices of a planned row. */
export function rowsOf(planned: PlannedRow): number[] {
  return typeof planned === 'number' ? [planned] : planned;
}

/** One JSON object; a plan of 52,002 rows and 3 epochs is about 1 MB. */
export function serializePlan(plan: BatchPlan): string {
  return JSON.stringify(plan);
}

/**
 * Reads a serialized plan and checks its digest. `path` is for messages.
 *
 * @throws AlpacaError CorruptArtifact
 */
export function parsePlan(text: string, path: string): BatchPlan {
  const plan = readPlan(text);
  if (plan === null || digestOfSteps(plan.steps) !== plan.digest) {
    throw new AlpacaError('CorruptArtifact', `${path} is no batch plan, or was changed.`, {
      remedy: 'Start the training again: the plan is made anew from the seed and the data.',
    });
  }
  return plan;
}

function readPlan(text: string): BatchPlan | null {
  try {
    return batchPlan.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const rowIndex = z.int().min(0);

const batchPlan = z.strictObject({
  steps: z.array(z.array(z.array(z.union([rowIndex, z.array(rowIndex)])))),
  totalSteps: z.int(),
  stepsPerEpoch: z.int(),
  boundaries: z.array(z.int()),
  digest: z.string(),
});

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

function longestFirst(rows: readonly number[], lengths: readonly number[]): number[] {
  return rows.toSorted((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
}

function shardBoundaries(epochs: number, stepsPerEpoch: number, shardsPerEpoch: number): number[] {
  const shards = Math.min(shardsPerEpoch, stepsPerEpoch);
  const boundaries = [0];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (let shard = 1; shard <= shards; shard += 1) {
      boundaries.push(epoch * stepsPerEpoch + Math.round((shard * stepsPerEpoch) / shards));
    }
  }
  return boundaries;
}

function digestOfSteps(steps: readonly PlannedRow[][][]): string {
  return createHash('sha256').update(JSON.stringify(steps)).digest('hex');
}
