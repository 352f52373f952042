import type { LoraConfig } from '../adapter/lora.ts';
import type { Batch } from '../batch.ts';
import type { LlamaConfig } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';
import { sparseSoftmaxCrossEntropy } from '../kernels/cross-entropy.ts';
import { type ComputeDType, free, fromInts, scope, type Tensor, toFloats } from '../kernels/tensor.ts';
import { Positions } from './attention/positions.ts';
import { embed, embedBackward, trainsEmbedding } from './embedding.ts';
import type { Gradients } from './gradients.ts';
import { head, headLossBackward } from './head.ts';
import { decoderLayer, decoderLayerBackward, type LayerActivations, type LayerShape } from './layer.ts';
import { type LossOptions, PLAIN_LOSS } from './loss.ts';
import { Parameters } from './parameters.ts';
import type { Weights } from './weights.ts';

/**
 * A Llama decoder on the device: its parameters, and what every batch shares. README.md beside this file says
 * what it is held to, and in which order to read its parts.
 */
export class Llama {
  readonly config: LlamaConfig;
  readonly dtype: ComputeDType;
  readonly parameters: Parameters;
  readonly positions: Positions;

  /**
   * @param weights all tensors of `parameterShapes`, and with LoRA those of `adapterShapes`
   * @param dtype what matrix products are computed in; what is trained, norms, softmax and loss are f32
   * @param lora null trains every weight; otherwise they are frozen, and the adapter is trained
   */
  constructor(
    config: LlamaConfig,
    weights: ReadonlyMap<string, Weight>,
    dtype: ComputeDType,
    lora: LoraConfig | null = null,
  ) {
    this.config = config;
    this.dtype = dtype;
    this.parameters = new Parameters(config, weights, { dtype, lora });
    this.positions = new Positions(config, dtype);
  }

  destroy(): void {
    this.parameters.destroy();
    this.positions.free();
  }
}

export interface PassOptions extends LossOptions {
  /**
   * Keep only the input of each layer, f32 [tokens, hidden], and compute the layer again in the backward pass
   * (Chen et al., 2016): the same bits from a third more work, in far less memory
   */
  activationCheckpointing: boolean;
}

/**
 * One forward and backward pass, written out. Adds the gradients of the summed loss over the batch's
 * targets to `gradients`.
 *
 * @param weights of `model.parameters.read(model.dtype)`
 * @returns the summed negative log-likelihood in nats, an f32 scalar
 */
export function lossAndGradients(
  model: Llama,
  weights: Weights,
  batch: Batch,
  gradients: Gradients,
  options: PassOptions = { ...PLAIN_LOSS, activationCheckpointing: false },
): Tensor {
  return scope(() => {
    const shape = shapeOf(model, batch);
    const ids = fromInts([batch.ids.length], batch.ids);
    const positions = fromInts([batch.positions.length], batch.positions);
    const targets = fromInts([batch.targets.length], batch.targets);

    const saved: (() => LayerActivations)[] = [];
    let x = embed(ids, weights, model.config);
    for (let layer = 0; layer < model.config.layers; layer += 1) {
      const input = x;
      if (options.activationCheckpointing) {
        x = scope(() => decoderLayer(input, weights, layer, shape).y);
        saved.push(() => scope(() => activationsOf(input, weights, layer, shape)));
      } else {
        const output = decoderLayer(input, weights, layer, shape);
        free(input);
        saved.push(() => output.saved);
        x = output.y;
      }
    }
    const output = head(x, positions, weights, shape);
    free(x);

    const last = headLossBackward(output, positions, targets, weights, gradients, shape, options);
    let dx: Tensor | null = last.dx;
    for (const [layer, activations] of [...saved.entries()].reverse()) {
      if (!dx) break;
      const dy: Tensor = dx;
      const wantsInput = layer > 0 || trainsEmbedding(weights);
      dx = decoderLayerBackward(dy, activations(), weights, gradients, layer, shape, wantsInput);
      free(dy);
    }
    if (dx) embedBackward(dx, ids, weights, gradients, model.config);
    return last.lossSum;
  });
}

/** Computes a layer again, and gives its input back. */
function activationsOf(input: Tensor, weights: Weights, layer: number, shape: LayerShape): LayerActivations {
  const { y, saved } = decoderLayer(input, weights, layer, shape);
  free(y, input);
  return saved;
}

/** f32 logits [positions, vocabulary] at token indices of a batch, with nothing saved for a backward pass. */
export function logitsAt(model: Llama, weights: Weights, batch: Batch, positions: Int32Array): Tensor {
  return scope(() => {
    const shape = shapeOf(model, batch);
    let x = embed(fromInts([batch.ids.length], batch.ids), weights, model.config);
    for (let layer = 0; layer < model.config.layers; layer += 1) {
      const input = x;
      x = scope(() => decoderLayer(input, weights, layer, shape).y);
    }
    return head(x, fromInts([positions.length], positions), weights, shape).logits;
  });
}

/** The negative log-likelihood of each target of a batch, in nats, in the order of `batch.targets`. */
export function targetLosses(model: Llama, weights: Weights, batch: Batch): Float32Array {
  if (batch.targets.length === 0) return new Float32Array();
  return scope(() => {
    const logits = logitsAt(model, weights, batch, batch.positions);
    const targets = fromInts([batch.targets.length], batch.targets);
    return toFloats(sparseSoftmaxCrossEntropy(logits, targets).losses);
  });
}

function shapeOf(model: Llama, batch: Batch): LayerShape {
  const { config, dtype } = model;
  const { rows, length } = batch;
  return { config, dtype, rows, length, positions: model.positions.of(batch) };
}
