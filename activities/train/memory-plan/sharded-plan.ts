import { adapterShapes } from '../../model/adapter/lora.ts';
import { elementCount, parameterShapes } from '../../model/folder/config.ts';
import type { MemoryJob } from './memory-plan.ts';

/** Bytes that each process of a training by PyTorch holds of its device, by what they are. */
export interface ShardedPlan {
  /** this process's part of weights, gradients and both moments: trained in f32, frozen in the compute dtype */
  weights: number;
  gradients: number;
  optimizer: number;
  /** whole layers in the compute dtype while they are computed with, and embedding and head throughout */
  gathered: number;
  /** whole gradients of layers, until each process has its part of their sum */
  unreduced: number;
  /** kept for the backward pass, the head's among them */
  activations: number;
  /** the device's own: libraries, and buffers of exchanges */
  context: number;
  /** all of them: they are there at once, or nearly */
  all: number;
}

const FLOAT = 4;
/** The layer that is computed with, and the one that is fetched meanwhile. */
const LAYERS_AT_ONCE = 2;
/** CUDA's context, cuBLAS's workspace and NCCL's buffers: allowed for, not measured. */
const CONTEXT = 2 * 2 ** 30;

/**
 * What a training by train.py takes on each device, computed from the config: FSDP2 with every layer a group of its
 * own and embedding, norm and head another, of which each process holds one part of `processes`.
 */
export function planSharded(job: MemoryJob, processes: number): ShardedPlan {
  const { config, lora, precision } = job;
  const compute = precision === 'bf16' ? 2 : 4;
  const frozen = lora === null ? new Map<string, number[]>() : parameterShapes(config);
  const trained = lora === null ? parameterShapes(config) : adapterShapes(config, lora);
  const isLayer = (name: string) => name.startsWith('model.layers.');
  const valuesOf = (shapes: ReadonlyMap<string, number[]>, holds = (_name: string) => true) =>
    [...shapes].reduce((sum, [name, shape]) => sum + (holds(name) ? elementCount(shape) : 0), 0);
  const inLayer = (shapes: ReadonlyMap<string, number[]>) => valuesOf(shapes, isLayer) / config.layers;
  const outside = (shapes: ReadonlyMap<string, number[]>) => valuesOf(shapes, (name) => !isLayer(name));

  const trainedHere = valuesOf(trained) / processes;
  const layer = inLayer(frozen) + inLayer(trained);
  const parts = {
    weights: FLOAT * trainedHere + (compute * valuesOf(frozen)) / processes,
    gradients: FLOAT * trainedHere,
    optimizer: 2 * FLOAT * trainedHere,
    gathered: compute * (LAYERS_AT_ONCE * layer + outside(frozen) + outside(trained)),
    // In the compute dtype, and in f32 on their way.
    unreduced: (compute + FLOAT) * Math.max(LAYERS_AT_ONCE * inLayer(trained), outside(trained)),
    activations: activationsOf(job, compute),
    context: CONTEXT,
  };
  return { ...parts, all: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** As PyTorch's autograd keeps them of train.py's operations, with attention that keeps no scores. */
function activationsOf({ config, lora, microBatch, activationCheckpointing }: MemoryJob, compute: number) {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize, layers, vocabSize } = config;
  const tokens = microBatch.rows * microBatch.length;
  // Inputs of both norms, also in f32, and what they give; queries, keys, values, and what attention gives, twice.
  const attention = 4 * hiddenSize + headSize * (3 * heads + 2 * keyValueHeads);
  const normed = config.queryKeyNorm === null ? 0 : headSize * (heads + keyValueHeads);
  const dropped = lora && lora.dropout > 0 ? lora.targets.length * hiddenSize : 0;
  const inFloats = FLOAT * (heads + 2 * hiddenSize);
  const layer = tokens * (compute * (attention + normed + 4 * intermediateSize + dropped) + inFloats);
  const kept = activationCheckpointing ? layers * tokens * hiddenSize * compute + layer : layers * layer;
  // Logits, the same in f32, their logarithms, and gradients of both.
  const head = microBatch.targets * vocabSize * (2 * compute + 3 * FLOAT);
  const backward = tokens * compute * 3 * intermediateSize;
  return kept + Math.max(head, backward);
}
