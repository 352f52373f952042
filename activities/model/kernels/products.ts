import { dtypeAttribute, flag } from './operations.ts';
import { productShape } from './shapes.ts';
import { execute, type Tensor } from './tensor.ts';

/** Products of matrices, one or many at once. Each takes and gives f32 or bf16 of one kind. */

export interface Transposed {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** [m, k] x [k, n] -> [m, n]; with `transposeA` a is [k, m], with `transposeB` b is [n, k]. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: Transposed = {},
): Tensor {
  const attributes = [
    dtypeAttribute('T', a.dtype),
    flag('transpose_a', transposeA),
    flag('transpose_b', transposeB),
  ];
  const shape = productShape(a.shape, b.shape, transposeA, transposeB);
  return execute('MatMul', attributes, [a, b], a.dtype, shape);
}

/** As many products as the leading dimension says: [b, m, k] x [b, k, n] -> [b, m, n]. */
export function batchMatmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: Transposed = {},
): Tensor {
  const attributes = [dtypeAttribute('T', a.dtype), flag('adj_x', transposeA), flag('adj_y', transposeB)];
  const shape = productShape(a.shape, b.shape, transposeA, transposeB);
  return execute('BatchMatMulV2', attributes, [a, b], a.dtype, shape);
}
