import type { LlamaConfig } from '../../folder/config.ts';
import { add, cast, concat, gather, reshape, slice, softmax, split } from '../../kernels/operations.ts';
import { batchMatmul } from '../../kernels/products.ts';
import { free, keep, scope, type Tensor } from '../../kernels/tensor.ts';
import { linear } from '../linear.ts';
import type { Weights } from '../weights.ts';
import { normHeads } from './query-key-norm.ts';
import { turn } from './turn.ts';

/**
 * The keys and values of one layer while decoding. Those of the prompts never change, so they are kept
 * apart from those of the tokens generated since, which grow by one a step: a step copies only the latter.
 */
export class LayerCache {
  readonly #config: LlamaConfig;
  readonly #window: number | null;
  /** [rows * keyValueHeads, prompt length, headSize] */
  #promptKeys: Tensor;
  #promptValues: Tensor;
  /** [rows * keyValueHeads, generated, headSize] */
  #keys: Tensor | null = null;
  #values: Tensor | null = null;

  /**
   * Takes over the keys (rotated) and values of the prompts.
   *
   * @param window tokens that a token of this layer sees, itself included; null for all before it
   */
  constructor(config: LlamaConfig, window: number | null, promptKeys: Tensor, promptValues: Tensor) {
    this.#config = config;
    this.#window = window;
    this.#promptKeys = keep(promptKeys);
    this.#promptValues = keep(promptValues);
  }

  /**
   * Attention of one new token a row, which sees its prompt and everything generated, or its window of them.
   *
   * @param x [rows, hidden] in the compute dtype
   * @param rotations each row's rotation [rows, headSize, headSize]; null in a layer without
   * @param promptMask f32 [rows * keyValueHeads, 1, prompt length], MASKED_SCORE on what of the prompt is not seen
   */
  attend(x: Tensor, weights: Weights, name: string, rotations: Tensor | null, promptMask: Tensor): Tensor {
    return scope(() => {
      const turned = (part: 'q' | 'k') => {
        const { y } = linear(x, weights, `${name}.${part}_proj`);
        const normed = normHeads(y, weights, `${name}.${part}_norm.weight`, this.#config).y;
        return this.#heads(turn(normed, { config: this.#config, positions: { rotations } }));
      };
      const queries = turned('q');
      const keys = this.#extended(this.#keys, turned('k'));
      const values = this.#extended(this.#values, this.#heads(linear(x, weights, `${name}.v_proj`).y));
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

  /** [rows, keyValueHeads * group * headSize] -> [rows * keyValueHeads, group, headSize] */
  #heads(x: Tensor): Tensor {
    const { headSize, keyValueHeads } = this.#config;
    return reshape(x, [(x.shape[0] ?? 0) * keyValueHeads, -1, headSize]);
  }

  /** What was generated, as far as the next token still sees it. */
  #extended(past: Tensor | null, next: Tensor): Tensor {
    if (!past) return keep(next);
    return keep(
      scope(() => {
        const length = past.shape[1] ?? 0;
        const kept = Math.min(length, (this.#window ?? Number.POSITIVE_INFINITY) - 1);
        if (kept === 0) return next;
        const seen = kept === length ? past : slice(past, [0, length - kept, 0], [-1, -1, -1]);
        return concat([seen, next], 1);
      }),
    );
  }
}
