import type { Batch } from '../batch.ts';
import { GraphCache } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import { executingBy, free, type Tensor } from '../kernels/tensor.ts';
import { loadBinding } from '../tensorflow.ts';
import { Gradients } from './gradients.ts';
import { type Llama, lossAndGradients, type PassOptions } from './model.ts';
import type { Weights } from './weights.ts';

/**
 * The forward and backward pass as a TensorFlow graph. Each pass is traced anew, which costs little and
 * takes in whatever differs from batch to batch. Batches of most sizes give one trace, and so share a graph.
 */
export class TracedPasses {
  readonly #graphs = new GraphCache();

  /**
   * lossAndGradients, by a graph. On a GPU it runs operation by operation, as a graph would take its inputs
   * through the machine's memory.
   */
  lossAndGradients(
    model: Llama,
    weights: Weights,
    batch: Batch,
    gradients: Gradients,
    options?: PassOptions,
  ): Tensor {
    if (loadBinding().isUsingGpuDevice()) return lossAndGradients(model, weights, batch, gradients, options);
    // They are kept from pass to pass: made within the trace, they would be a part of it.
    model.positions.rotations(batch.length);
    const trace = new Trace();
    try {
      const traced = new Gradients();
      const tracedLoss = executingBy(trace, () => lossAndGradients(model, weights, batch, traced, options));
      const names = traced.names();
      const [lossSum, ...results] = this.#graphs.run(trace, [
        tracedLoss,
        ...names.map((name) => traced.get(name)),
      ]);
      if (!lossSum) throw new RangeError('the graph gave no loss');
      for (const [index, name] of names.entries()) {
        const result = results[index];
        if (!result) throw new RangeError(`the graph gave no gradient of ${name}`);
        gradients.take(name, result);
      }
      return lossSum;
    } finally {
      free(trace.owned);
    }
  }

  destroy(): void {
    this.#graphs.destroy();
  }
}
