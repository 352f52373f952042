import { z } from 'zod';
import { targetModules } from '../../../workflows/contracts/train.ts';
import { PhiloxStream } from '../../philox.ts';
import { EMBEDDING, elementCount, HEAD, type LlamaConfig, parameterShapes } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';

/**
 * Low-rank adaptation (Hu et al., 2021): beside the frozen matrix W of a linear layer two thin matrices are
 * trained, A [rank, in] and B [out, rank]; the layer computes x W^T + (alpha / rank) dropout(x) A^T B^T.
 */
export const loraConfig = z.strictObject({
  rank: z.int().min(1),
  alpha: z.number(),
  /** the share of A's inputs that training zeroes */
  dropout: z.number().min(0).lt(1),
  /** the linear layers that are adapted, in every decoder layer */
  targets: z.array(z.enum(targetModules)),
  /** token ids whose rows of the embedding and of the head are trained too: those that were just added */
  trainedTokens: z.array(z.int().min(0)),
});
export type LoraConfig = z.infer<typeof loraConfig>;
export type TargetModule = (typeof targetModules)[number];

/** Added rows of the embedding and of the head [trained tokens, hidden], in the order of `trainedTokens`. */
export const ADDED_EMBEDDING = 'model.embed_tokens.added_rows';
export const ADDED_HEAD = 'lm_head.added_rows';

/** The matrices that hold one row a token, each with the name of its trained rows. */
export const TOKEN_ROWS = [
  [EMBEDDING, ADDED_EMBEDDING],
  [HEAD, ADDED_HEAD],
] as const;

export const nameOfA = (layer: string): string => `${layer}.lora_A.weight`;
export const nameOfB = (layer: string): string => `${layer}.lora_B.weight`;

/** What the product of B and A is multiplied by. */
export function scaleOf({ alpha, rank }: Pick<LoraConfig, 'alpha' | 'rank'>): number {
  return alpha / rank;
}

/** The adapted layers of a model, as `model.layers.0.self_attn.q_proj`, with the shape of their matrix. */
export function adaptedLayers(
  config: LlamaConfig,
  targets: readonly TargetModule[],
): { name: string; out: number; input: number }[] {
  return [...parameterShapes(config)].flatMap(([tensor, [out = 0, input = 0]]) => {
    const name = tensor.replace(/\.weight$/, '');
    return tensor.endsWith('.weight') && targets.some((target) => name.endsWith(`.${target}`))
      ? [{ name, out, input }]
      : [];
  });
}

/** Everything that LoRA trains, by name. A tied head has no rows of its own. */
export function adapterShapes(
  config: LlamaConfig,
  { rank, targets, trainedTokens }: Pick<LoraConfig, 'rank' | 'targets' | 'trainedTokens'>,
): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const { name, out, input } of adaptedLayers(config, targets)) {
    shapes.set(nameOfA(name), [rank, input]);
    shapes.set(nameOfB(name), [out, rank]);
  }
  if (trainedTokens.length > 0) {
    const rows = [trainedTokens.length, config.hiddenSize];
    shapes.set(ADDED_EMBEDDING, rows);
    if (!config.tieEmbeddings) shapes.set(ADDED_HEAD, rows);
  }
  return shapes;
}

/** How many values LoRA trains. */
export function countAdapterParameters(config: LlamaConfig, lora: LoraConfig): number {
  return [...adapterShapes(config, lora).values()].reduce((sum, shape) => sum + elementCount(shape), 0);
}

/**
 * A fresh adapter, which changes nothing yet. A is Kaiming-uniform with a = sqrt(5), that is uniform in
 * ±1/sqrt(in), as PyTorch starts a linear layer; B is zero; rows of added tokens begin as the base has them.
 * Matrix i, in the order of `adapterShapes`, is drawn from the stream (seed, i).
 */
export function initializeAdapter(
  config: LlamaConfig,
  base: ReadonlyMap<string, Weight>,
  lora: LoraConfig,
  seed: number,
): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [index, [name, shape]] of [...adapterShapes(config, lora)].entries()) {
    const data = new Float32Array(elementCount(shape));
    if (name.endsWith('.lora_A.weight')) fillKaimingUniform(data, shape[1] ?? 0, seed, index);
    weights.set(name, { shape, data });
  }
  for (const [matrix, rows] of TOKEN_ROWS) {
    const trained = weights.get(rows);
    const all = base.get(matrix);
    if (trained && all) trained.data.set(rowsOf(all, lora.trainedTokens));
  }
  return weights;
}

function fillKaimingUniform(data: Float32Array, fanIn: number, seed: number, index: number): void {
  const stream = new PhiloxStream(seed, 'adapter', index);
  // gain^2 / fan_in = 2 / (1 + 5) / fan_in is the variance; a uniform's bound is sqrt(3) deviations.
  const bound = 1 / Math.sqrt(fanIn);
  for (let i = 0; i < data.length; i += 1) data[i] = bound * (2 * stream.nextUniform() - 1);
}

function rowsOf({ shape: [, width = 0], data }: Weight, rows: readonly number[]): Float32Array {
  const chosen = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) chosen.set(data.subarray(row * width, (row + 1) * width), i * width);
  return chosen;
}
