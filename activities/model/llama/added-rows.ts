import { Constant } from '../kernels/constant.ts';
import { free, fromInts, keep, type Tensor } from '../kernels/tensor.ts';

/**
 * Tokens whose rows of the embedding and of the head are trained while the rest of both is frozen. The
 * frozen matrices hold zeros in those rows, so that what the two compute adds up.
 */
export class AddedRows {
  readonly count: number;
  /** by token id, which of the rows it has; `count` for every other token. int32 [vocabulary] */
  readonly slots: Tensor;
  readonly #columns: Constant;

  constructor(tokens: readonly number[], vocabSize: number) {
    const slots = new Int32Array(vocabSize).fill(tokens.length);
    const columns = new Float32Array(tokens.length * vocabSize);
    for (const [slot, token] of tokens.entries()) {
      slots[token] = slot;
      columns[slot * vocabSize + token] = 1;
    }
    this.count = tokens.length;
    this.slots = keep(fromInts([vocabSize], slots));
    this.#columns = new Constant([tokens.length, vocabSize], columns, 'float32');
  }

  /** f32 [count, vocabulary], 1 at each token's own column: takes their logits to their places. */
  columns(): Tensor {
    return this.#columns.read();
  }

  destroy(): void {
    free(this.slots);
    this.#columns.destroy();
  }
}
