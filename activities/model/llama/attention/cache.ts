import type { LlamaConfig } from '../../folder/config.ts';
import { add, cast, concat, gather, reshape, softmax, split } from '../../kernels/operations.ts';
import { batchMatmul } from '../../kernels/products.ts';
import { free, keep, scope, type Tensor } from '../../kernels/tensor.ts';
import { linear } from '../linear.ts';
import type { Weights } from '../weights.ts';

/**
 * The keys and values of one layer while decoding. Those of the prompts never change, so they are kept
 * apart from those of the tokens generated since, which grow by one a step: a step copies only the latter.
 */
export class LayerCache {
  readonly #config: LlamaConfig;
  /** [rows * keyValueHeads, prompt length, headSize] */
  #promptKeys: Tensor;
  #promptValues: Tensor;
  /** [rows * keyValueHeads, generated, headSize] */
  #keys: Tensor | null = null;
  #values: Tensor | null = null;

  /** Takes over the keys (rotated) and values of the prompts. */
  constructor(config: LlamaConfig, promptKeys: Tensor, promptValues: Tensor) {
    this.#config = config;
    this.#promptKeys = keep(promptKeys);
    this.#promptValues = keep(promptValues);
  }

  /**
   * Attention of one new token a row, which sees its prompt and everything generated.
   *
   * @param x [rows, hidden] in the compute dtype
   * @param rotations each row's rotation [rows, headSize, headSize]
   * @param promptMask f32 [rows * keyValueHeads, 1, prompt length], MASKED_SCORE on a prompt's padding
   */
  attend(x: Tensor, weights: Weights, name: string, rotations: Tensor, promptMask: Tensor): Tensor {
    return scope(() => {
      const queries = this.#heads(linear(x, weights, `${name}.q_proj`).y, rotations);
      const keys = extended(this.#keys, this.#heads(linear(x, weights, `${name}.k_proj`).y, rotations));
      const values = extended(this.#values, this.#heads(linear(x, weights, `${name}.v_proj`).y, null));
      free(this.#keys, this.#values);
      this.#keys = keys;
      this.#values = values;
      const promptScores = cast(batchMatmul(queries, this.#promptKeys, { transposeB: true }), 'float32');
      const scores = cast(batchMatmul(queries, keys, { transposeB: true }), 'float32');
      const sizes = [this.#promptKeys.shape[1] ?? 0, keys.shape[1] ?? 0];
      const probabilities = cast(softmax(concat([add(promptScores, promptMask), scores], 2)), x.dtype);
      const [onPrompt, onGenerated] = split(probabilities, sizes, 2);
      if (!onPrompt || !onGenerated) throw new RangeError('a split in two has two parts');
      const mixed = add(batchMatmul(onPrompt, this.#promptValues), batchMatmul(onGenerated, values));
      const merged = reshape(mixed, [-1, this.#config.heads * this.#config.headSize]);
      return linear(merged, weights, `${name}.o_proj`).y;
    });
  }

  /** Keeps only some rows: `heads` are their indices into rows * keyValueHeads, in order. */
  select(heads: Tensor): void {
    const chosen = (tensor: Tensor) => {
      const rows = keep(scope(() => gather(tensor, heads)));
      free(tensor);
      return rows;
    };
    this.#promptKeys = chosen(this.#promptKeys);
    this.#promptValues = chosen(this.#promptValues);
    this.#keys = this.#keys && chosen(this.#keys);
    this.#values = this.#values && chosen(this.#values);
  }

  free(): void {
    free(this.#promptKeys, this.#promptValues, this.#keys, this.#values);
  }

  /** [rows, keyValueHeads * group * headSize] -> [rows * keyValueHeads, group, headSize], turned. */
  #heads(x: Tensor, rotations: Tensor | null): Tensor {
    const { headSize, keyValueHeads } = this.#config;
    const rows = x.shape[0] ?? 0;
    return scope(() => {
      const heads = reshape(x, [rows, -1, headSize]);
      const turned = rotations ? batchMatmul(heads, rotations) : heads;
      return reshape(turned, [rows * keyValueHeads, -1, headSize]);
    });
  }
}

function extended(past: Tensor | null, next: Tensor): Tensor {
  return keep(past ? scope(() => concat([past, next], 1)) : next);
}
