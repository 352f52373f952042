import type { LlamaConfig } from '../../folder/config.ts';
import { reshape, scaled } from '../../kernels/operations.ts';
import { batchMatmul } from '../../kernels/products.ts';
import { scope, type Tensor } from '../../kernels/tensor.ts';
import type { LayerPositions } from './positions.ts';
import { rootOfScale } from './rotary.ts';

/**
 * Turns each head of x [tokens, heads * headSize] by its position, and multiplies it by `rootOfScale`: one product with
 * constant rotations. A layer without rotary embeddings multiplies alone.
 *
 * @param back takes the gradient of what this gave, and returns that of x
 */
export function turn(
  x: Tensor,
  { config, positions: { rotations } }: { config: LlamaConfig; positions: Pick<LayerPositions, 'rotations'> },
  back = false,
): Tensor {
  if (rotations === null) return scaled(x, rootOfScale(config));
  return scope(() => {
    const heads = reshape(x, [rotations.shape[0] ?? 0, -1, config.headSize]);
    return reshape(batchMatmul(heads, rotations, { transposeB: back }), [-1, x.shape[1] ?? 0]);
  });
}
