import { type Attribute, loadBinding } from '../tensorflow.ts';
import {
  broadcastShape,
  concatShape,
  elementsOf,
  reducedShape,
  reshapedShape,
  type Shape,
  sliceShape,
  withAxis,
} from './shapes.ts';
import {
  constantInt,
  constantInts,
  DTYPE,
  type DType,
  execute,
  executeMany,
  fromInts,
  scalar,
  scope,
  type Tensor,
} from './tensor.ts';

/**
 * The TensorFlow kernels that the model is written in, by their TensorFlow names in the field's terms.
 * Each takes and gives f32 or bf16 of one kind unless it says otherwise, and broadcasts as NumPy does.
 */

// elementwise -------------------------------------------------------------------------------------------
export const add = (a: Tensor, b: Tensor): Tensor => elementwise('AddV2', a, b);
export const subtract = (a: Tensor, b: Tensor): Tensor => elementwise('Sub', a, b);
export const multiply = (a: Tensor, b: Tensor): Tensor => elementwise('Mul', a, b);
export const divide = (a: Tensor, b: Tensor): Tensor => elementwise('RealDiv', a, b);
export const minimum = (a: Tensor, b: Tensor): Tensor => elementwise('Minimum', a, b);
export const square = (x: Tensor): Tensor => elementwise('Square', x);
export const squareRoot = (x: Tensor): Tensor => elementwise('Sqrt', x);
export const reciprocalSquareRoot = (x: Tensor): Tensor => elementwise('Rsqrt', x);
export const reciprocal = (x: Tensor): Tensor => elementwise('Reciprocal', x);
export const exponential = (x: Tensor): Tensor => elementwise('Exp', x);
export const logarithm = (x: Tensor): Tensor => elementwise('Log', x);
export const sigmoid = (x: Tensor): Tensor => elementwise('Sigmoid', x);
/** The gradient before a sigmoid from the one after it: dy * y * (1 - y), where y = sigmoid(x). */
export const sigmoidGradient = (y: Tensor, dy: Tensor): Tensor => elementwise('SigmoidGrad', y, dy);

/** The sum of tensors of one shape, which are added in their order. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  const [few, more] = [tensors.slice(0, IN_ORDER), tensors.slice(IN_ORDER)];
  return more.length === 0 ? addN(few) : scope(() => addAll([addN(few), ...more]));
}

/** As many terms AddN adds in their order; of more it adds up the later ones first, eight at a time. */
const IN_ORDER = 8;

/**
 * The sum of tensors of one shape, by TensorFlow's kernel. Of more than eight a graph would take the sum in
 * another order (`graph/spelled-out.ts`), so what may be traced calls `addAll`.
 */
export function addN(tensors: readonly Tensor[]): Tensor {
  const { dtype, shape } = first(tensors);
  return execute('AddN', [integer('N', tensors.length), dtypeAttribute('T', dtype)], tensors, dtype, shape);
}

export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const attributes = [
    dtypeAttribute('SrcT', x.dtype),
    dtypeAttribute('DstT', dtype),
    flag('Truncate', false),
  ];
  return execute('Cast', attributes, [x], dtype, x.shape);
}

/** True where a >= b, as bool; `select` takes it. */
export const greaterEqual = (a: Tensor, b: Tensor): Tensor =>
  execute('GreaterEqual', [dtypeAttribute('T', a.dtype)], [a, b], 'bool', broadcastShape(a.shape, b.shape));

/** a where the bool `condition` holds, else b; all three broadcast. */
export const select = (condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  execute(
    'SelectV2',
    [dtypeAttribute('T', a.dtype)],
    [condition, a, b],
    a.dtype,
    broadcastShape(condition.shape, broadcastShape(a.shape, b.shape)),
  );

// reductions --------------------------------------------------------------------------------------------
/** Sums over `axis`, which stays with size 1 where `keepAxis`. */
export const sum = (x: Tensor, axis: number, keepAxis = false): Tensor => reduce('Sum', x, axis, keepAxis);
export const largest = (x: Tensor, axis: number, keepAxis = false): Tensor =>
  reduce('Max', x, axis, keepAxis);
export const mean = (x: Tensor, axis: number, keepAxis = false): Tensor => reduce('Mean', x, axis, keepAxis);

/** Half the sum of squares of all elements, as a scalar. */
export const halfSquaredNorm = (x: Tensor): Tensor =>
  execute('L2Loss', [dtypeAttribute('T', x.dtype)], [x], x.dtype, []);

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => elementwise('Softmax', x);

// layout ------------------------------------------------------------------------------------------------
/** A view of the same values; one size may be -1. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const attributes = [dtypeAttribute('T', x.dtype), dtypeAttribute('Tshape', 'int32')];
  const inputs = [x, constantInts(...shape)];
  return execute('Reshape', attributes, inputs, x.dtype, reshapedShape(x.shape, shape));
}

export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const attributes = [dtypeAttribute('T', x.dtype), dtypeAttribute('Tperm', 'int32')];
  const shape = permutation.map((axis) => x.shape[axis] ?? 0);
  return execute('Transpose', attributes, [x, constantInts(...permutation)], x.dtype, shape);
}

/** The block of x that starts at `begin`; a size of -1 goes to the end. */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  const attributes = [dtypeAttribute('T', x.dtype), dtypeAttribute('Index', 'int32')];
  const inputs = [x, constantInts(...begin), constantInts(...size)];
  return execute('Slice', attributes, inputs, x.dtype, sliceShape(x.shape, begin, size));
}

/** x with so many zeros before and after it along the second of its three axes. */
export function padMiddle(x: Tensor, before: number, after: number): Tensor {
  const attributes = [dtypeAttribute('T', x.dtype), dtypeAttribute('Tpaddings', 'int32')];
  return scope(() => {
    const paddings = reshape(constantInts(0, 0, before, after, 0, 0), [3, 2]);
    const shape = withAxis(x.shape, 1, before + (x.shape[1] ?? 0) + after);
    return execute('Pad', attributes, [x, paddings], x.dtype, shape);
  });
}

export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const { dtype } = first(tensors);
  const attributes = [
    integer('N', tensors.length),
    dtypeAttribute('T', dtype),
    dtypeAttribute('Tidx', 'int32'),
  ];
  const shapes = tensors.map((tensor) => tensor.shape);
  const inputs = [...tensors, constantInt(axis)];
  return execute('ConcatV2', attributes, inputs, dtype, concatShape(shapes, axis));
}

/** x cut along `axis` into pieces of the given sizes. */
export function split(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  const attributes = [
    integer('num_split', sizes.length),
    dtypeAttribute('T', x.dtype),
    dtypeAttribute('Tlen', 'int32'),
  ];
  const inputs = [x, constantInts(...sizes), constantInt(axis)];
  const shapes = sizes.map((size) => withAxis(x.shape, axis, size));
  return executeMany('SplitV', attributes, inputs, x.dtype, shapes);
}

/** Rows of x [n, ...] at int32 indices [m] -> [m, ...]. */
export function gather(x: Tensor, indices: Tensor): Tensor {
  const shape = [...indices.shape, ...x.shape.slice(1)];
  return execute('GatherV2', gathering(x, 0), [x, indices, constantInt(0)], x.dtype, shape);
}

/** Of each row of x [n, columns] the value at its int32 column [n] -> [n]. */
export const pick = (x: Tensor, columns: Tensor): Tensor =>
  execute('GatherV2', gathering(x, 1), [x, columns, constantInt(1)], x.dtype, columns.shape);

/** The gradient of `gather`: rows [m, ...] added up by their index into [segments, ...]. */
export function segmentSum(rows: Tensor, indices: Tensor, segments: number): Tensor {
  const attributes = [
    dtypeAttribute('T', rows.dtype),
    dtypeAttribute('Tindices', 'int32'),
    dtypeAttribute('Tnumsegments', 'int32'),
  ];
  const inputs = [rows, indices, constantInt(segments)];
  return execute('UnsortedSegmentSum', attributes, inputs, rows.dtype, withAxis(rows.shape, 0, segments));
}

/** 1 where a column is the row's int32 index [n], else 0, as f32 [n, depth]. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  const attributes = [dtypeAttribute('T', 'float32'), dtypeAttribute('TI', 'int32'), integer('axis', -1)];
  return scope(() => {
    const inputs = [indices, constantInt(depth), scalar(1), scalar(0)];
    return execute('OneHot', attributes, inputs, 'float32', [...indices.shape, depth]);
  });
}

/** x times a number; x itself where that is 1. */
export const scaled = (x: Tensor, by: number): Tensor =>
  by === 1 ? x : scope(() => multiply(x, cast(scalar(by), x.dtype)));

/** Another handle on the same memory. */
export const identity = (x: Tensor): Tensor => elementwise('Identity', x);

// random ------------------------------------------------------------------------------------------------
/**
 * Uniform 16-bit integers, from -32768 to 32767, by the counter-based Philox generator: a function of the key
 * and the shape alone, so that they can be made again at any time.
 *
 * @param key two 32-bit words
 */
export function uniformShorts(shape: readonly number[], key: readonly [number, number]): Tensor {
  const attributes = [
    dtypeAttribute('dtype', 'int32'),
    dtypeAttribute('T', 'int32'),
    dtypeAttribute('Tseed', 'int32'),
  ];
  const count = elementsOf(shape);
  return scope(() => {
    const seed = fromInts(
      [2],
      Int32Array.from(key, (word) => word | 0),
    );
    const length = Math.ceil(count / 2);
    const inputs = [constantInts(length), seed];
    const words = execute('StatelessRandomUniformFullInt', attributes, inputs, 'int32', [length]);
    const cut = [dtypeAttribute('T', 'int32'), dtypeAttribute('type', 'int16')];
    const halves = reshape(execute('Bitcast', cut, [words], 'int16', [length, 2]), [-1]);
    return reshape(count % 2 === 0 ? halves : slice(halves, [0], [count]), shape);
  });
}

// details -----------------------------------------------------------------------------------------------
export function dtypeAttribute(name: string, dtype: DType): Attribute {
  return attribute(name, 'TF_ATTR_TYPE', DTYPE[dtype]);
}

export function flag(name: string, value: boolean): Attribute {
  return attribute(name, 'TF_ATTR_BOOL', value);
}

function integer(name: string, value: number): Attribute {
  return attribute(name, 'TF_ATTR_INT', value);
}

/** Attributes recur in every step: each is made once. */
const attributes = new Map<string, Attribute>();

function attribute(
  name: string,
  type: 'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_ATTR_INT',
  value: number | boolean,
): Attribute {
  const key = `${name} ${value}`;
  let known = attributes.get(key);
  if (!known) {
    known = { name, type: loadBinding()[type], value };
    attributes.set(key, known);
  }
  return known;
}

function elementwise(operation: string, ...inputs: readonly [Tensor, ...Tensor[]]): Tensor {
  const { dtype } = inputs[0];
  const shape = inputs.reduce<Shape>((sizes, input) => broadcastShape(sizes, input.shape), []);
  return execute(operation, [dtypeAttribute('T', dtype)], inputs, dtype, shape);
}

function first(tensors: readonly Tensor[]): Tensor {
  const [tensor] = tensors;
  if (!tensor) throw new RangeError('there is no tensor');
  return tensor;
}

function gathering(x: Tensor, batchDimensions: number): Attribute[] {
  return [
    integer('batch_dims', batchDimensions),
    dtypeAttribute('Tparams', x.dtype),
    dtypeAttribute('Tindices', 'int32'),
    dtypeAttribute('Taxis', 'int32'),
  ];
}

function reduce(operation: string, x: Tensor, axis: number, keepAxis: boolean): Tensor {
  const attributes = [
    flag('keep_dims', keepAxis),
    dtypeAttribute('T', x.dtype),
    dtypeAttribute('Tidx', 'int32'),
  ];
  const shape = reducedShape(x.shape, axis, keepAxis);
  return execute(operation, attributes, [x, constantInts(axis)], x.dtype, shape);
}
