import type { LoraConfig } from '../../activities/model/adapter/lora.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';
import { PhiloxStream } from '../../activities/philox.ts';
import { trainSettings } from '../../workflows/contracts/train.ts';
import type { TrainingSettings } from '../../workflows/contracts/train-activities.ts';
import type { Shape } from './shapes.ts';

/** What is trained, and what matrix products are computed in. */
export const VARIANTS = {
  f32: { method: 'full', precision: 'f32' },
  bf16: { method: 'full', precision: 'bf16' },
  'lora-f32': { method: 'lora', precision: 'f32' },
  'lora-bf16': { method: 'lora', precision: 'bf16' },
} as const satisfies Record<string, Pick<TrainingSettings, 'method' | 'precision'>>;

/** The share of each row, from its beginning, that stands for a prompt: its labels are masked. */
export const MASKED_SHARE = 0.25;

/** The recipe's LoRA without its dropout: the two sides could not draw the same masks. */
const LORA: LoraConfig = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: ['q_proj', 'v_proj'],
  trainedTokens: [],
};

/** All that both sides are told, beside the weights. */
export interface Workload {
  config: LlamaConfig;
  settings: TrainingSettings;
  lora: LoraConfig | null;
  /** taken in turn, and then from the first again: rows of token ids and labels */
  batches: { inputIds: number[]; labels: number[] }[][];
}

export const SEED = 42;
const BATCHES = 4;

/** A rate that is constant from the first step on: each loss then depends on every update before it. */
export function makeWorkload(shape: Shape, variant: (typeof VARIANTS)[keyof typeof VARIANTS]): Workload {
  const settings: TrainingSettings = {
    ...trainSettings.parse({}),
    ...variant,
    runSeed: SEED,
    loraRank: LORA.rank,
    loraAlpha: LORA.alpha,
    loraDropout: LORA.dropout,
    loraTargets: LORA.targets,
    ...{ loraRankStabilized: false, loraRankPattern: {}, loraAlphaPattern: {} },
    globalBatch: shape.rows,
    microBatch: shape.rows,
    learningRate: 1e-4,
    schedule: 'constant',
    warmupRatio: 0,
    weightDecay: 0.1,
    clipNorm: 1,
  };
  const lora = variant.method === 'lora' ? LORA : null;
  return { config: shape.config, settings, lora, batches: makeBatches(shape) };
}

/**
 * Floating-point operations of one step, forward and backward, as if every product were computed in full:
 * two for each multiplied pair. A trained matrix costs three products (y, dx, dW), a frozen one two, and
 * attention's scores and mixture three each. The causal half of the scores that could be left out counts.
 */
export function modelFlops({ config, length, rows }: Shape, method: TrainingSettings['method']): number {
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize, vocabSize } = config;
  const tokens = rows * length;
  const projections = hiddenSize * headSize * (2 * heads + 2 * keyValueHeads);
  const matrices = layers * (projections + 3 * hiddenSize * intermediateSize) + vocabSize * hiddenSize;
  const attention = layers * 2 * heads * headSize * length;
  return 2 * tokens * ((method === 'full' ? 3 : 2) * matrices + 3 * attention);
}

function makeBatches({ config, length, rows }: Shape): Workload['batches'] {
  const stream = new PhiloxStream(SEED, 'shuffle', 0);
  const masked = Math.round(MASKED_SHARE * length);
  const makeRow = () => {
    const inputIds = Array.from({ length: length + 1 }, () => stream.nextBelow(config.vocabSize));
    return { inputIds, labels: inputIds.map((id, time) => (time <= masked ? -100 : id)) };
  };
  return Array.from({ length: BATCHES }, () => Array.from({ length: rows }, makeRow));
}
