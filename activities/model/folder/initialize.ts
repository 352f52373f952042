import { PhiloxStream } from '../../philox.ts';
import { elementCount, type LlamaConfig, parameterShapes } from './config.ts';
import type { Weight } from './safetensors.ts';

/**
 * Fresh weights as Hugging Face starts a Llama: matrices normal(0, `deviation`), norms 1, biases 0. Tensor
 * i, in the order of `parameterShapes`, is drawn from the stream (seed, i), so each is a function of the
 * seed alone.
 *
 * @param deviation config.json's initializer_range; 0.02 in Llama
 */
export function initializeWeights(config: LlamaConfig, seed: number, deviation = 0.02): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [index, [name, shape]] of [...parameterShapes(config)].entries()) {
    weights.set(name, { shape, data: initializeTensor(name, elementCount(shape), seed, index, deviation) });
  }
  return weights;
}

function initializeTensor(
  name: string,
  length: number,
  seed: number,
  index: number,
  deviation: number,
): Float32Array {
  const data = new Float32Array(length);
  if (name.endsWith('norm.weight')) return data.fill(1);
  if (name.endsWith('.bias')) return data;
  const stream = new PhiloxStream(seed, 'initialize', index);
  for (let i = 0; i < length; i += 1) data[i] = deviation * stream.nextNormal();
  return data;
}
