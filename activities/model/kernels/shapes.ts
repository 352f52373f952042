/** The shape of what a kernel gives, from those of what it takes: NumPy's rules, which TensorFlow's kernels keep. */
export type Shape = readonly number[];

export function elementsOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Of an elementwise operation: sizes are aligned from the last axis, and a size of 1 is repeated. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  const offset = longer.length - shorter.length;
  return longer.map((size, axis) => {
    const other = shorter[axis - offset] ?? 1;
    return size === 1 ? other : size;
  });
}

/** Of a product of matrices, which are the last two axes; each may be given transposed. */
export function productShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  const rows = a.at(transposeA ? -1 : -2) ?? 1;
  const columns = b.at(transposeB ? -2 : -1) ?? 1;
  return [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), rows, columns];
}

/** @param axis counted from the end where it is negative */
export function reducedShape(shape: Shape, axis: number, keepAxis: boolean): Shape {
  const reduced = axis < 0 ? shape.length + axis : axis;
  return keepAxis
    ? shape.map((size, other) => (other === reduced ? 1 : size))
    : shape.filter((_, other) => other !== reduced);
}

/** @param wanted one size may be -1: what is left of the elements */
export function reshapedShape(shape: Shape, wanted: Shape): Shape {
  const known = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1);
  return wanted.map((size) => (size === -1 ? elementsOf(shape) / known : size));
}

/** @param sizes -1 goes from `begin` to the end of the axis */
export function sliceShape(shape: Shape, begin: Shape, sizes: Shape): Shape {
  return sizes.map((size, axis) => (size === -1 ? (shape[axis] ?? 0) - (begin[axis] ?? 0) : size));
}

export function concatShape(shapes: readonly Shape[], axis: number): Shape {
  const [first = []] = shapes;
  const total = shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0);
  return withAxis(first, axis, total);
}

/** The shape with another size along an axis. */
export function withAxis(shape: Shape, axis: number, size: number): Shape {
  return shape.map((other, index) => (index === axis ? size : other));
}
