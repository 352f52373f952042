import { adapterShapes, type LoraConfig } from '../../model/adapter/lora.ts';
import {
  EMBEDDING,
  elementCount,
  FINAL_NORM,
  type LlamaConfig,
  parameterShapes,
} from '../../model/folder/config.ts';
import { windowsOf } from '../../model/llama/attention/positions.ts';
import {
  type MicroBatchShape,
  madeByHead,
  madeByLayerBackward,
  type PassSizes,
  pairsOf,
  savedByLayer,
} from './activations.ts';

/** What a training's memory is a function of. */
export interface MemoryJob {
  config: LlamaConfig;
  /** null trains all weights */
  lora: LoraConfig | null;
  precision: 'f32' | 'bf16';
  activationCheckpointing: boolean;
  /** the largest of the run */
  microBatch: MicroBatchShape;
  /** a step has several micro-batches, so gradients are there during the forward pass */
  accumulates: boolean;
}

/** Bytes of one part of the model: the embedding, a decoder layer, or the head with its norm. */
export interface PartMemory {
  name: string;
  /** trained in f32, and what is computed with where that is another copy; or frozen */
  weights: number;
  gradients: number;
  /** both moments of AdamW */
  optimizer: number;
  /** kept from the forward pass for the backward pass */
  activations: number;
}

export interface MemoryPlan {
  parts: PartMemory[];
  /** bytes on the device at each moment of a step that can be the largest */
  moments: { name: string; bytes: number }[];
  /** the largest of the moments, in bytes: what a GPU has to have */
  device: number;
  /** what the process takes of the machine's memory beside a GPU's, in bytes */
  host: number;
  /** what it takes where there is no GPU: tensors and all, in bytes */
  onCpu: number;
}

/** The largest resident memory of the training process, above what it has once TensorFlow is loaded. */
export function residentPeak({ onCpu, host }: MemoryPlan, kind: 'cpu' | 'gpu'): number {
  return kind === 'cpu' ? onCpu : host;
}

/**
 * What a training takes, computed from the config before it starts. It counts the tensors that the forward and
 * backward passes hold (llama/*.ts), so a change of those belongs here too; the memory benchmark holds the two
 * together.
 */
export function planMemory(job: MemoryJob): MemoryPlan {
  const parts = partsOf(job, false);
  const moments = momentsOf(job, parts, false);
  return { parts, moments, device: largestOf(moments), host: hostMemory(job), onCpu: onCpu(job) };
}

/** The sum over all parts. */
export function totalOf(parts: readonly PartMemory[], field: Exclude<keyof PartMemory, 'name'>): number {
  return parts.reduce((sum, part) => sum + part[field], 0);
}

const FLOAT = 4;

/** @param byGraph passes are graphs, as they are on a CPU */
function partsOf(job: MemoryJob, byGraph: boolean): PartMemory[] {
  const { config, lora, microBatch, activationCheckpointing } = job;
  const sizes = sizesOf(job, byGraph);
  const residual = microBatch.rows * microBatch.length * config.hiddenSize * FLOAT;
  const activationsOf = (layer: number) => (activationCheckpointing ? residual : savedByLayer(sizes, layer));
  const shapes = [
    ...[...parameterShapes(config)].map(([name, shape]) => ({ name, shape, trained: lora === null })),
    ...(lora ? [...adapterShapes(config, lora)] : []).map(([name, shape]) => ({
      name,
      shape,
      trained: true,
    })),
  ];
  const partOf = (name: string, kept: number, holds: (tensor: string) => boolean): PartMemory => {
    const tensors = shapes.filter((tensor) => holds(tensor.name));
    const trained = tensors
      .filter((tensor) => tensor.trained)
      .reduce((sum, t) => sum + elementCount(t.shape), 0);
    return {
      name,
      weights: tensors.reduce((sum, tensor) => sum + bytesOfWeight(tensor, job), 0),
      gradients: FLOAT * trained,
      optimizer: 2 * FLOAT * trained,
      activations: kept,
    };
  };
  const layers = Array.from({ length: config.layers }, (_, layer) =>
    partOf(`layer ${layer}`, activationsOf(layer), (name) => name.startsWith(`model.layers.${layer}.`)),
  );
  return [
    partOf('embedding', 0, (name) => name.startsWith('model.embed_tokens.')),
    ...layers,
    partOf('norm and head', madeByHead(sizes), (name) => name.startsWith('lm_head.') || name === FINAL_NORM),
  ];
}

/** As Parameters holds and reads them. */
function bytesOfWeight(
  { name, shape, trained }: { name: string; shape: readonly number[]; trained: boolean },
  { config, precision }: MemoryJob,
): number {
  const values = elementCount(shape);
  const isMatrix = shape.length === 2;
  if (precision === 'f32' || !isMatrix) return FLOAT * values;
  if (!trained) return 2 * values;
  const isLookedUp = name === EMBEDDING && !config.tieEmbeddings;
  return (isLookedUp ? FLOAT : FLOAT + 2) * values;
}

/** Walks through a step, and adds up what is held at each moment that can be the largest. */
function momentsOf(job: MemoryJob, parts: readonly PartMemory[], byGraph: boolean): MemoryPlan['moments'] {
  const { config, lora, activationCheckpointing, accumulates } = job;
  const sizes = sizesOf(job, byGraph);
  const layers = parts.filter(({ name }) => name.startsWith('layer'));
  const held = totalOf(parts, 'weights') + totalOf(parts, 'optimizer') + positionTables(sizes);
  const gradients = totalOf(parts, 'gradients');
  const kept = totalOf(layers, 'activations');
  const headGradient = totalOf(
    parts.filter(({ name }) => name.includes('head')),
    'gradients',
  );
  const earlier = accumulates ? gradients : 0;
  const recomputed = activationCheckpointing
    ? Math.max(...layers.map((_, layer) => savedByLayer(sizes, layer)))
    : 0;
  const backward = recomputed + madeByLayerBackward(sizes);
  // Layer by layer activations go and gradients come: one end or the other is the larger.
  const [lastLayer] = layers;
  const largest = Math.max(
    ...[...(lora ? adapterShapes(config, lora) : parameterShapes(config)).values()].map(elementCount),
  );
  // A graph gives all gradients of a micro-batch at once, beside the sums of those before.
  const beside = byGraph ? earlier : 0;
  return [
    { name: 'the head', bytes: held + earlier + kept + madeByHead(sizes) + headGradient },
    {
      name: 'the backward pass of the last layer',
      bytes: held + Math.max(earlier, headGradient + (lastLayer?.gradients ?? 0)) + kept + backward,
    },
    {
      name: 'the backward pass of the first layer',
      bytes: held + beside + gradients + (lastLayer?.activations ?? 0) + backward,
    },
    { name: 'the update', bytes: held + gradients + FLOAT * largest },
  ];
}

function largestOf(moments: MemoryPlan['moments']): number {
  return Math.max(...moments.map(({ bytes }) => bytes));
}

/** Rotations, cut from those of the longest row, and the masks of the chunks, which all layers share. */
function positionTables({ config, microBatch, computeBytes }: PassSizes): number {
  const { rows, length, packed } = microBatch;
  const group = config.heads / config.keyValueHeads;
  const pairs = [...windowsOf(config)].reduce<number>((sum, window) => sum + pairsOf(length, window), 0);
  const rotations = (length + length * (packed ? rows : 1)) * config.headSize ** 2 * computeBytes;
  return rotations + (packed ? rows : 1) * group * pairs * FLOAT;
}

function sizesOf({ config, lora, microBatch, precision }: MemoryJob, byGraph: boolean): PassSizes {
  return { config, lora, microBatch, computeBytes: precision === 'bf16' ? 2 : 4, byGraph };
}

/** The weights as they were read, in f32, and the copies that went to the device. */
function hostMemory({ config }: MemoryJob): number {
  return 2 * FLOAT * valuesOf(config) + PROCESS_GROWTH;
}

/**
 * Weights that are trained are copied as they are read, and V8 gives what it read back late. Frozen ones stay
 * where they were read, or are there twice only until all of them are rounded to bf16.
 */
function onCpu(job: MemoryJob): number {
  const { config, lora, precision } = job;
  const training = GAPS * largestOf(momentsOf(job, partsOf(job, true), true));
  const read = FLOAT * valuesOf(config);
  if (!lora) return training + read + PROCESS_GROWTH;
  const reading = (precision === 'bf16' ? 1.5 : 2) * read;
  return Math.max(training, reading) + PROCESS_GROWTH;
}

function valuesOf(config: LlamaConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + elementCount(shape), 0);
}

/** What the allocator's gaps between tensors add, measured likewise. */
const GAPS = 1.03;

/**
 * What V8's young objects, TensorFlow's threads and the graphs grow to while steps are made, measured with
 * `npm run bench -- memory`.
 */
const PROCESS_GROWTH = 80 * 2 ** 20;
