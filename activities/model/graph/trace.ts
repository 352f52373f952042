import type { Shape } from '../kernels/shapes.ts';
import { DTYPE, type DType, type Executor, isConstant, keep, Tensor, TRACED } from '../kernels/tensor.ts';
import { type Attribute, loadBinding } from '../tensorflow.ts';
import { SPELLED_OUT } from './spelled-out.ts';

/**
 * Writes operations down instead of running them. What the operations take from outside, and what is made of
 * host data in between, are the trace's inputs: they may be others the next time. So are shapes and axes, and
 * batches of many sizes have the same trace.
 */
export class Trace implements Executor {
  readonly nodes: TracedNode[] = [];
  readonly #origins = new Map<Tensor, string>();
  readonly #inputs: Tensor[] = [];
  readonly #owned: Tensor[] = [];

  execute(
    operation: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    dtype: DType,
    shapes: readonly Shape[],
  ): Tensor[] {
    const spelledOut = SPELLED_OUT[operation];
    if (spelledOut) return [spelledOut(inputs)];
    const origins = inputs.map((tensor) => this.#originOf(tensor));
    const name = `operation_${this.nodes.length}`;
    this.nodes.push({ kind: 'operation', name, operation, attributes, inputs: origins });
    return shapes.map((shape, output) =>
      this.#traced(shape, dtype, output === 0 ? name : `${name}:${output}`),
    );
  }

  create(shape: Shape, dtype: 'float32' | 'int32', data: Float32Array | Int32Array): Tensor {
    const id = loadBinding().createTensor(shape, DTYPE[dtype], data.slice());
    const made = keep(new Tensor(id, shape, dtype));
    this.#owned.push(made);
    return this.#traced(shape, dtype, this.#addInput(made));
  }

  /** What the graph is to be given, in the order of its inputs. */
  get inputs(): readonly Tensor[] {
    return this.#inputs;
  }

  /** Tensors made of host data: whoever runs the graph frees them. */
  get owned(): readonly Tensor[] {
    return this.#owned;
  }

  /** The node and output, `name:number`, that gave a traced tensor. */
  outputOf(tensor: Tensor): string {
    const origin = this.#originOf(tensor);
    return origin.includes(':') ? origin : `${origin}:0`;
  }

  /** Equal for two traces that are one graph. */
  signature(): string {
    return this.nodes.map(textOf).join('\n');
  }

  #traced(shape: Shape, dtype: DType, origin: string): Tensor {
    const tensor = new Tensor(TRACED, shape, dtype);
    this.#origins.set(tensor, origin);
    return tensor;
  }

  #originOf(tensor: Tensor): string {
    const known = this.#origins.get(tensor);
    if (known !== undefined) return known;
    if (tensor.id === TRACED) throw new RangeError('a tensor of another trace cannot be used');
    const origin = this.#addInput(tensor);
    // Equal shapes and axes are one tensor: each use is an input of its own, or traces would differ by which
    // of a batch's sizes happen to be equal.
    if (!isConstant(tensor)) this.#origins.set(tensor, origin);
    return origin;
  }

  #addInput(tensor: Tensor): string {
    const name = `input_${this.#inputs.length}`;
    this.nodes.push({ kind: 'input', name, dtype: DTYPE[tensor.dtype] });
    this.#inputs.push(tensor);
    return name;
  }
}

export type TracedNode =
  | {
      kind: 'operation';
      name: string;
      operation: string;
      attributes: readonly Attribute[];
      /** the nodes that give them, with `:number` where it is not their first output */
      inputs: readonly string[];
    }
  | { kind: 'input'; name: string; dtype: number };

function textOf(node: TracedNode): string {
  if (node.kind === 'input') return `${node.name} ${node.dtype}`;
  const attributes = node.attributes.map(({ name, value }) => `${name}=${value}`);
  return `${node.operation} ${node.inputs} ${attributes}`;
}
