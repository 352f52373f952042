import { initializeWeights } from '../../activities/model/folder/initialize.ts';
import { PhiloxStream, shuffledIndices } from '../../activities/philox.ts';
import { type BatchPlan, planBatches, rowsOf } from '../../activities/train/plan/plan.ts';
import { Trainer } from '../../activities/train/trainer.ts';
import { trainSettings } from '../../workflows/contracts/train.ts';
import { recipeRows } from './recipe-rows.ts';
import { SHAPES } from './shapes.ts';
import { SEED } from './workload.ts';

const ROWS = 2048;
const GLOBAL_BATCH = 128;
const MICRO_BATCH = 4;
const PACKED_LENGTH = 512;
const ROUNDS = 5;

const SIDES = ['padded', 'sorted', 'packed'] as const;
type Side = (typeof SIDES)[number];

/**
 * What packing gains on rows as long as the recipe's: tokens a second, padding not counted, of our trainer with
 * packed rows, over the same trainer's where each micro-batch of 4 is padded to its longest row, with the same
 * rows in the same random order. Both make whole optimizer steps of 128 rows; the median over alternated steps.
 *
 * @param args the shape, `small` or `large`; both without it
 */
export async function benchPacking(args: string[]): Promise<Record<string, unknown>> {
  const names: readonly (keyof typeof SHAPES)[] =
    args[0] === 'small' || args[0] === 'large' ? [args[0]] : ['small', 'large'];
  return Object.fromEntries(names.map((name) => [name, measure(name)]));
}

function measure(name: keyof typeof SHAPES) {
  const { config } = SHAPES[name];
  const rows = recipeRows(ROWS, config.vocabSize, 1);
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const weights = initializeWeights(config, 1);
  const plans = plansOf(lengths);
  const settings = { ...trainSettings.parse({ warmupRatio: 0 }), learningRate: 1e-4, runSeed: SEED };
  const identity = {
    model: '',
    tokens: '',
    plan: '',
    settings: {},
    parts: { config: '', tokenizer: '', base: '' },
  };
  const sides = SIDES.map((side) => {
    const trained = { model: { config, weights }, rows, plan: plans[side], settings };
    return { side, trainer: new Trainer({ ...trained, lora: null, identity, checkpoint: null }) };
  });
  const speeds: Record<Side, number[]> = { padded: [], sorted: [], packed: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const losses = sides.map(({ side, trainer }) => {
      const { tokensPerSecond, loss } = trainer.runStep();
      // The first step only warms up.
      if (round > 0) speeds[side].push(tokensPerSecond);
      console.error(
        `${name} ${side}: loss ${loss.toFixed(5)}, ${Math.round(tokensPerSecond)} tokens a second`,
      );
      return loss;
    });
    if (Math.max(...losses) - Math.min(...losses) > 1e-3)
      throw new Error(`the losses of one step differ: ${losses.join(', ')}`);
  }
  for (const { trainer } of sides) trainer.destroy();
  const gainOver = (side: Side) =>
    rounded(median(speeds.packed.map((speed, i) => speed / (speeds[side][i] ?? Number.NaN))));
  return {
    gain: gainOver('padded'),
    gainOverSorted: gainOver('sorted'),
    tokensPerSecond: bySide((side) => Math.round(median(speeds[side]))),
    filled: bySide((side) => rounded(filled(plans[side], lengths))),
    tokensInRow: Math.round(lengths.reduce((sum, length) => sum + length, 0) / ROWS),
  };
}

/** The same steps three times: as the shuffle gave them, sorted by length within a step, and packed. */
function plansOf(lengths: readonly number[]): Record<Side, BatchPlan> {
  const options = { seed: SEED, lengths, epochs: 1, globalBatch: GLOBAL_BATCH, shardsPerEpoch: 1 };
  const sorted = planBatches({ ...options, microBatch: MICRO_BATCH });
  const packed = planBatches({ ...options, microBatch: MICRO_BATCH, packedLength: PACKED_LENGTH });
  const order = shuffledIndices(lengths.length, new PhiloxStream(SEED, 'shuffle', 0));
  const microBatches = chunksOf(order, MICRO_BATCH);
  const steps = chunksOf(microBatches, GLOBAL_BATCH / MICRO_BATCH);
  return { padded: { ...sorted, steps }, sorted, packed };
}

function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** The share of tokens that are not padding, where each micro-batch is as long as its longest row. */
function filled({ steps }: BatchPlan, lengths: readonly number[]): number {
  let used = 0;
  let all = 0;
  for (const microBatch of steps.flat()) {
    const tokens = microBatch.map((row) => rowsOf(row).reduce((sum, i) => sum + (lengths[i] ?? 0), 0));
    used += tokens.reduce((sum, count) => sum + count, 0);
    all += Math.max(...tokens) * tokens.length;
  }
  return used / all;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

function bySide<Value>(of: (side: Side) => Value): Record<Side, Value> {
  return { padded: of('padded'), sorted: of('sorted'), packed: of('packed') };
}
