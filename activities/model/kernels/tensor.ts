import { type Attribute, loadBinding } from '../tensorflow.ts';
import type { Shape } from './shapes.ts';

/**
 * Tensors with explicit lifetimes. TensorFlow's tensors live outside the JavaScript heap, so each must be
 * freed by name or by the scope that it was made in:
 *
 *   const y = scope(() => multiply(x, sigmoid(x)));   // frees the sigmoid, hands y to the scope around
 *
 * A tensor made outside every scope belongs to whoever made it. Scopes are synchronous.
 */

/** TensorFlow's numbers for the types that we compute in. */
export const DTYPE = { float32: 1, int32: 3, int16: 5, bool: 10, bfloat16: 14, resource: 20 } as const;
export type DType = keyof typeof DTYPE;
/** The type that matrix products are computed in. */
export type ComputeDType = 'float32' | 'bfloat16';

/** The id of a tensor that is only traced: TensorFlow has nothing of it yet. */
export const TRACED = -1;

export class Tensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  freed = false;

  constructor(id: number, shape: readonly number[], dtype: DType) {
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    made?.push(this);
  }
}

/** What the innermost scope has to free; null outside every scope. */
let made: Tensor[] | null = null;

/** Runs `body`, then frees every tensor made in it except those found in its result, and `keep`s. */
export function scope<Result>(body: () => Result): Result {
  const outer = made;
  const inner: Tensor[] = [];
  made = inner;
  let result: Result | undefined;
  try {
    result = body();
    return result;
  } finally {
    made = outer;
    const results = new Set(tensorsIn(result));
    for (const tensor of inner) {
      if (results.has(tensor)) outer?.push(tensor);
      else if (!kept.has(tensor)) free(tensor);
    }
  }
}

const kept = new WeakSet<Tensor>();

/** Takes a tensor out of every scope: from now on it lives until it is freed. */
export function keep(tensor: Tensor): Tensor {
  kept.add(tensor);
  return tensor;
}

/** Frees tensors, also those inside arrays, maps and plain objects. Freeing twice is harmless. */
export function free(...values: unknown[]): void {
  for (const tensor of tensorsIn(values)) {
    if (tensor.freed) continue;
    tensor.freed = true;
    if (tensor.id !== TRACED) loadBinding().deleteTensor(tensor.id);
  }
}

/** How many tensors TensorFlow holds for this process: flat from step to step, or something leaks. */
export function liveTensors(): number {
  return loadBinding().getNumOfTensors();
}

/** An f32 tensor of `data`, row-major, which is copied: the binding would share its memory. */
export function fromFloats(shape: readonly number[], data: Float32Array): Tensor {
  return executor.create(shape, 'float32', data);
}

/** An int32 tensor of `data`, row-major, which is copied. */
export function fromInts(shape: readonly number[], data: Int32Array): Tensor {
  return executor.create(shape, 'int32', data);
}

export function scalar(value: number): Tensor {
  return fromFloats([], Float32Array.of(value));
}

/** An int32 vector that lives as long as the process: axes, permutations and shapes, which recur. */
export function constantInts(...values: number[]): Tensor {
  return constant(values.join(','), [values.length], values);
}

export function constantInt(value: number): Tensor {
  return constant(`scalar ${value}`, [], [value]);
}

/** The values of an f32 tensor. Waits for the device. */
export function toFloats(tensor: Tensor): Float32Array {
  const data = loadBinding().tensorDataSync(tensor.id);
  if (data instanceof Float32Array) return data;
  throw new TypeError(`expected an f32 tensor, not ${tensor.dtype}`);
}

/** The value of an f32 scalar. */
export function toNumber(tensor: Tensor): number {
  const [value] = toFloats(tensor);
  if (value === undefined) throw new RangeError('the tensor is empty');
  return value;
}

/** Runs an operation with one output, of this shape. */
export function execute(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly Tensor[],
  dtype: DType,
  shape: Shape,
): Tensor {
  const [output] = executor.execute(name, attributes, inputs, dtype, [shape]);
  if (!output) throw new RangeError(`${name} gave no output`);
  return output;
}

/** Runs an operation with as many outputs as shapes, all of one dtype. */
export function executeMany(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly Tensor[],
  dtype: DType,
  shapes: readonly Shape[],
): Tensor[] {
  return executor.execute(name, attributes, inputs, dtype, shapes);
}

/** What operations go to: TensorFlow, at once, or a trace of them. */
export interface Executor {
  execute(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    dtype: DType,
    shapes: readonly Shape[],
  ): Tensor[];
  /** @param data row-major; copied */
  create(shape: Shape, dtype: 'float32' | 'int32', data: Float32Array | Int32Array): Tensor;
}

/** Runs each operation as it comes. */
export const eagerly: Executor = {
  execute(name, attributes, inputs, dtype, shapes) {
    const ids = inputs.map((tensor) => tensor.id);
    return loadBinding()
      .executeOp(name, attributes, ids, shapes.length)
      .map(({ id, shape }, output) => {
        const expected = shapes[output] ?? [];
        if (!isEqual(shape, expected))
          throw new RangeError(`${name} gave [${shape}] where [${expected}] was expected`);
        return new Tensor(id, shape, dtype);
      });
  },
  create(shape, dtype, data) {
    return new Tensor(loadBinding().createTensor(shape, DTYPE[dtype], data.slice()), shape, dtype);
  },
};

let executor = eagerly;

/** Runs `body` with its operations going to another executor. */
export function executingBy<Result>(other: Executor, body: () => Result): Result {
  const outer = executor;
  executor = other;
  try {
    return body();
  } finally {
    executor = outer;
  }
}

/** True of a tensor that constantInts or constantInt made. */
export function isConstant(tensor: Tensor): boolean {
  return madeAsConstants.has(tensor);
}

const constants = new Map<string, Tensor>();
const madeAsConstants = new WeakSet<Tensor>();

function constant(key: string, shape: readonly number[], values: readonly number[]): Tensor {
  let tensor = constants.get(key);
  if (!tensor) {
    tensor = keep(eagerly.create(shape, 'int32', Int32Array.from(values)));
    constants.set(key, tensor);
    madeAsConstants.add(tensor);
  }
  return tensor;
}

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function* tensorsIn(value: unknown): Generator<Tensor> {
  if (value instanceof Tensor) yield value;
  else if (Array.isArray(value)) for (const item of value) yield* tensorsIn(item);
  else if (value instanceof Map) for (const item of value.values()) yield* tensorsIn(item);
  else if (isPlainObject(value)) for (const item of Object.values(value)) yield* tensorsIn(item);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
