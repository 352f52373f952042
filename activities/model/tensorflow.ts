import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlowJs from '@tensorflow/tfjs';
import { AlpacaError } from '../errors.ts';

/** An attribute of a TensorFlow operation. A misspelt name is ignored by TensorFlow without a word. */
export interface Attribute {
  name: string;
  type: number;
  value: boolean | number | string | readonly number[];
}

/** The part of tfjs-node's native binding that we call: any TensorFlow kernel by name, on tensor ids. */
export interface Binding {
  /** The tensor shares the array's memory for as long as it lives. */
  createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  /** `outputs` must be the exact number of outputs that the operation has. */
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): { id: number; shape: number[]; dtype: number }[];
  /** Loads the graph of a SavedModel's folder; gives its number. */
  loadSavedModel(folder: string, tag: string): number;
  deleteSavedModel(graph: number): void;
  getNumOfSavedModels(): number;
  /** Names are `node:output`, with commas in between; as many inputs as tensor ids. */
  runSavedModel(
    graph: number,
    tensors: readonly number[],
    inputs: string,
    outputs: string,
  ): { id: number; shape: number[]; dtype: number }[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

let binding: Binding | null = null;

/**
 * The native binding, loaded on first use. TensorFlow blocks the thread that calls it and works in one
 * thread of a process only, so training and inference load it in child processes.
 *
 * @throws AlpacaError Configuration where the binding is not built
 */
export function loadBinding(): Binding {
  if (binding === null) {
    const backend = loadTensorFlowJs().backend() as TensorFlowJs.KernelBackend & { binding?: Binding };
    if (!backend.binding) throw notBuilt(new Error('its backend has no native binding'));
    binding = backend.binding;
  }
  return binding;
}

/** TensorFlow.js itself, over the same library: what the oracle of the tests is written in. */
export function loadTensorFlowJs(): typeof TensorFlowJs {
  // Level 2 keeps errors and drops TensorFlow's notices about the processor.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  restoreRemovedNodeFunctions();
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
  } catch (error) {
    throw notBuilt(error);
  }
}

/** tfjs-node 4.22.0 calls both: Node 23 removed the first, and the second warns on standard error. */
function restoreRemovedNodeFunctions(): void {
  const removed = util as {
    isNullOrUndefined?: (value: unknown) => boolean;
    isArray?: (value: unknown) => boolean;
  };
  removed.isNullOrUndefined ??= (value) => value === null || value === undefined;
  removed.isArray = Array.isArray;
}

function notBuilt(cause: unknown): AlpacaError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new AlpacaError('Configuration', `The TensorFlow binding does not load: ${reason}.`, {
    remedy: 'Run `npm run setup`, which builds it for this machine.',
    cause,
  });
}
