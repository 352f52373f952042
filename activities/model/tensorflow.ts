import { createRequire } from 'node:module';
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
 * thread of a process only, so training and inference load it in child processes. TensorFlow.js, which it is a part of,
 * is not loaded: that would take a process as long again, and 43 MiB.
 *
 * @throws AlpacaError Configuration where the binding is not built
 */
export function loadBinding(): Binding {
  binding ??= loadNative();
  return binding;
}

/** Puts another in the native binding's place: for tests of what is done on a device that is not here. */
export function replaceBinding(other: Binding): void {
  binding = other;
}

function loadNative(): Binding {
  applySettings(process.env);
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node');
  } catch (error) {
    throw notBuilt(error);
  }
}

/** What TensorFlow and CUDA's libraries read as they start. A person's own settings go first. */
const SETTINGS = {
  /** keeps errors, and drops notices about the processor */
  TF_CPP_MIN_LOG_LEVEL: '2',
  /** A GPU's threads end in any order: sums are taken in one, so that a resumed run has the same bits. */
  TF_DETERMINISTIC_OPS: '1',
  /** In products of f32 cuBLAS would round the factors to TF32, which has 10 bits of mantissa. */
  NVIDIA_TF32_OVERRIDE: '0',
  /** Else the first process takes a GPU's whole memory, and a model that is served beside a training has none. */
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  /** CUDA counts GPUs as nvidia-smi does. */
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  CUDA_VISIBLE_DEVICES: '0',
};

/**
 * A process computes on one GPU, the first of those that it is given: of several, the binding puts tensors on
 * the last and TensorFlow puts variables on the first.
 */
export function applySettings(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(SETTINGS)) environment[name] ??= value;
  const [gpu = ''] = (environment.CUDA_VISIBLE_DEVICES ?? '').split(',');
  environment.CUDA_VISIBLE_DEVICES = gpu;
}

function notBuilt(cause: unknown): AlpacaError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new AlpacaError('Configuration', `The TensorFlow binding does not load: ${reason}.`, {
    remedy: 'Run `npm run setup`, which builds it for this machine.',
    cause,
  });
}
