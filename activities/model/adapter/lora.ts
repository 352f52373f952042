import { z } from 'zod';
import { targetModules } from '../../../workflows/contracts/train.ts';
import { PhiloxStream } from '../../philox.ts';
import { EMBEDDING, elementCount, HEAD, type LlamaConfig, parameterShapes } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';

/**
 * Low-rank adaptation (Hu et al., 2021): beside the frozen matrix W of a linear layer two thin matrices are
 * trained, A [rank, in] and B [out, rank]; the layer computes x W^T + (alpha / rank) dropout(x) A^T B^T, or with
 * alpha / sqrt(rank) where it is rank-stabilized (Kalajdzievski, 2023).
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
  /** the product is multiplied by alpha / sqrt(rank) */
  rankStabilized: z.boolean().optional(),
  /** PEFT's `rank_pattern` and `alpha_pattern`: of a layer goes the first whose key is the end of its name, after a dot */
  ranks: z.record(z.string(), z.int().min(1)).optional(),
  alphas: z.record(z.string(), z.number()).optional(),
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

type Ranks = Pick<LoraConfig, 'rank' | 'ranks'>;
type Scales = Ranks & Pick<LoraConfig, 'alpha' | 'alphas' | 'rankStabilized'>;

/** @param layer as `model.layers.0.self_attn.q_proj`, as in all of the following */
export function rankOf({ rank, ranks }: Ranks, layer: string): number {
  return byPattern(ranks, layer) ?? rank;
}

/** What the product of a layer's B and A is multiplied by. */
export function scaleOf(lora: Scales, layer: string): number {
  const rank = rankOf(lora, layer);
  const alpha = byPattern(lora.alphas, layer) ?? lora.alpha;
  return alpha / (lora.rankStabilized ? Math.sqrt(rank) : rank);
}

/** True of the end of a layer's name; PEFT's `^` before a key has it the whole name. */
export function isNamedBy(key: string, layer: string): boolean {
  return key.startsWith('^') ? layer === key.slice(1) : `.${layer}`.endsWith(`.${key}`);
}

function byPattern(pattern: Readonly<Record<string, number>> = {}, layer: string): number | undefined {
  return Object.entries(pattern).find(([key]) => isNamedBy(key, layer))?.[1];
}

/** The adapted layers of a model, with the shape of their matrix and the rank of their adapter. */
export function adaptedLayers(
  config: LlamaConfig,
  lora: Ranks & Pick<LoraConfig, 'targets'>,
): { name: string; out: number; input: number; rank: number }[] {
  return [...parameterShapes(config)].flatMap(([tensor, [out = 0, input = 0]]) => {
    const name = tensor.replace(/\.weight$/, '');
    return tensor.endsWith('.weight') && lora.targets.some((target) => name.endsWith(`.${target}`))
      ? [{ name, out, input, rank: rankOf(lora, name) }]
      : [];
  });
}

/** Everything that LoRA trains, by name. A tied head has no rows of its own. */
export function adapterShapes(
  config: LlamaConfig,
  lora: Ranks & Pick<LoraConfig, 'targets' | 'trainedTokens'>,
): Map<string, number[]> {
  const { trainedTokens } = lora;
  const shapes = new Map<string, number[]>();
  for (const { name, out, input, rank } of adaptedLayers(config, lora)) {
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
