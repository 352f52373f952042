import type { LoraConfig } from '../../../../activities/model/adapter/lora.ts';
import { free, type Tensor, toFloats, toNumber } from '../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../activities/model/llama/gradients.ts';
import type { Llama, PassOptions } from '../../../../activities/model/llama/model.ts';
import type { Weights } from '../../../../activities/model/llama/weights.ts';

/** Some layers adapted and some not, with dropout and rows of added tokens. */
export const tinyLora: LoraConfig = {
  rank: 2,
  alpha: 4,
  dropout: 0.3,
  targets: ['q_proj', 'v_proj', 'down_proj'],
  trainedTokens: [3, 11],
};

export const PLAIN: PassOptions = { zLoss: 0, weight: 1, activationCheckpointing: false };
export const DEMANDING: PassOptions = { zLoss: 1e-3, weight: 0.5, activationCheckpointing: true };

/**
 * Loss and gradients of one pass, with all its tensors freed.
 *
 * @param step of dropout; 0 has none
 */
export function resultOf(model: Llama, step: number, pass: (weights: Weights, sums: Gradients) => Tensor) {
  const weights = model.parameters.read(model.dtype);
  const dropout = { rate: tinyLora.dropout, seed: 1, step, microBatch: 0 };
  const sums = new Gradients();
  const loss = pass(step === 0 ? weights : weights.withDropout(dropout), sums);
  const result = {
    loss: toNumber(loss),
    gradients: new Map(sums.names().map((name) => [name, toFloats(sums.get(name))])),
  };
  free(loss);
  sums.free();
  weights.free();
  return result;
}
