import { AlpacaError } from '../../errors.ts';
import type { LlamaConfig } from '../folder/config.ts';
import type { Weight } from '../folder/safetensors.ts';
import {
  ADDED_EMBEDDING,
  adaptedLayers,
  type LoraConfig,
  nameOfA,
  nameOfB,
  scaleOf,
  TOKEN_ROWS,
} from './lora.ts';

/**
 * The weights of a model without adapters that computes the same: W + scale B A for each adapted
 * layer, in f32, and the rows of added tokens in their places. A matrix that nothing changes is shared with
 * `base`, which stays as it is.
 *
 * @param adapter tensors by the names of `adapterShapes`
 * @throws AlpacaError InvalidInput where the adapter has not the shapes of this model
 */
export function mergeAdapter(
  config: LlamaConfig,
  base: ReadonlyMap<string, Weight>,
  adapter: ReadonlyMap<string, Weight>,
  lora: LoraConfig,
): Map<string, Weight> {
  const merge = tensorMerger(config, adapter, lora);
  return new Map([...base].map(([name, weight]) => [name, merge(name, weight)]));
}

/**
 * The same, a tensor at a time.
 *
 * @throws AlpacaError InvalidInput as `mergeAdapter`; so does its result
 */
export function tensorMerger(
  config: LlamaConfig,
  adapter: ReadonlyMap<string, Weight>,
  lora: LoraConfig,
): (name: string, weight: Weight) => Weight {
  const layers = new Map(
    adaptedLayers(config, lora).map((layer) => {
      const a = tensorOf(adapter, nameOfA(layer.name), [layer.rank, layer.input]);
      const b = tensorOf(adapter, nameOfB(layer.name), [layer.out, layer.rank]);
      return [`${layer.name}.weight`, { a, b, scale: scaleOf(lora, layer.name) }];
    }),
  );
  const rows = new Map<string, string>(lora.trainedTokens.length === 0 ? [] : TOKEN_ROWS);
  return (name, weight) => {
    const layer = layers.get(name);
    if (layer) return addProduct(weight, layer.b, layer.a, layer.scale);
    const own = rows.get(name);
    if (own === undefined) return weight;
    const trained = tensorOf(adapter, adapter.has(own) ? own : ADDED_EMBEDDING, [
      lora.trainedTokens.length,
      config.hiddenSize,
    ]);
    return withRows(weight, lora.trainedTokens, trained);
  };
}

/** The matrix with zeros in some of its rows, or with other rows in their places. */
export function withRows(weight: Weight, rows: readonly number[], values: Weight | null): Weight {
  const width = weight.shape[1] ?? 0;
  const data = weight.data.slice();
  for (const [i, row] of rows.entries()) {
    if (values) data.set(values.data.subarray(i * width, (i + 1) * width), row * width);
    else data.fill(0, row * width, (row + 1) * width);
  }
  return { shape: weight.shape, data };
}

/** W + scale B A, with W [out, in], B [out, rank] and A [rank, in]. */
function addProduct(weight: Weight, b: Weight, a: Weight, scale: number): Weight {
  const [out = 0, input = 0] = weight.shape;
  const [rank = 0] = a.shape;
  const data = weight.data.slice();
  const delta = new Float64Array(input);
  for (let row = 0; row < out; row += 1) {
    delta.fill(0);
    for (let r = 0; r < rank; r += 1) {
      const factor = scale * (b.data[row * rank + r] ?? 0);
      const aRow = a.data.subarray(r * input, (r + 1) * input);
      for (let column = 0; column < input; column += 1)
        delta[column] = (delta[column] ?? 0) + factor * (aRow[column] ?? 0);
    }
    for (let column = 0; column < input; column += 1) {
      const at = row * input + column;
      data[at] = (data[at] ?? 0) + (delta[column] ?? 0);
    }
  }
  return { shape: weight.shape, data };
}

function tensorOf(tensors: ReadonlyMap<string, Weight>, name: string, shape: readonly number[]): Weight {
  const tensor = tensors.get(name);
  if (tensor && tensor.shape.join() === shape.join()) return tensor;
  const found = tensor ? `the shape [${tensor.shape.join(', ')}]` : 'no tensor';
  throw new AlpacaError(
    'InvalidInput',
    `The adapter does not fit the model: ${name} has ${found}, and [${shape.join(', ')}] is expected.`,
    { remedy: 'Name the base model that the adapter was trained on.' },
  );
}
