import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { AlpacaError } from '../../errors.ts';
import type { LoraConfig } from '../../model/adapter/lora.ts';
import { paddedLength } from '../../model/batch.ts';
import { countTargets, type Example } from '../../model/example.ts';
import type { LlamaConfig } from '../../model/folder/config.ts';
import { type BatchPlan, rowsOf } from '../plan/plan.ts';
import type { MicroBatchShape } from './activations.ts';
import type { DeviceMemory } from './device-memory.ts';
import { type MemoryJob, planMemory, residentPeak } from './memory-plan.ts';
import { planSharded } from './sharded-plan.ts';

/** The job of a run: its largest micro-batch is found in its batch plan. */
export function memoryJobOf(run: {
  config: LlamaConfig;
  lora: LoraConfig | null;
  settings: Pick<TrainingSettings, 'precision' | 'activationCheckpointing'>;
  plan: Pick<BatchPlan, 'steps'>;
  rows: readonly Example[];
}): MemoryJob {
  const { config, lora, settings, plan, rows } = run;
  return {
    config,
    lora,
    precision: settings.precision,
    activationCheckpointing: settings.activationCheckpointing,
    microBatch: largestMicroBatch(plan, rows),
    accumulates: plan.steps.some((microBatches) => microBatches.length > 1),
  };
}

/**
 * Refuses a training that the device has not the memory for, before anything of it is read.
 *
 * @param shared by how many processes of PyTorch on each of its nodes; null where this package's own trainer does it
 * @throws AlpacaError InvalidInput with what it needs, what there is, and the changes that would make it fit
 */
export function checkFits(job: MemoryJob, memory: DeviceMemory, shared: Shared | null = null): void {
  const lacks = (job: MemoryJob) =>
    (shared === null ? needsOf(job, memory) : sharedNeeds(job, memory, shared)).filter(
      ({ needed, available }) => needed > available,
    );
  const [lack] = lacks(job);
  if (!lack) return;
  const remedies = remediesFor(job).filter(({ changed }) => lacks(changed).length === 0);
  const options = remedies.map(({ text }) => text);
  throw new AlpacaError(
    'InvalidInput',
    `This training needs ${gibibytes(lack.needed)} of ${lack.of}, and there are ${gibibytes(lack.available)}.`,
    {
      remedy:
        options.length > 0
          ? `It would fit with any of: ${options.join('; ')}.`
          : 'Nothing that can be set makes it fit: take a smaller model or a larger machine.',
    },
  );
}

function needsOf(job: MemoryJob, { kind, gpuBytes, hostBytes }: DeviceMemory) {
  const plan = planMemory(job);
  const needs = [
    { of: 'the machine’s memory', needed: residentPeak(plan, kind), available: hostBytes },
    { of: 'the GPU’s memory', needed: plan.device, available: gpuBytes ?? Number.POSITIVE_INFINITY },
  ];
  return kind === 'gpu' ? needs.reverse() : needs.slice(0, 1);
}

type Shared = Pick<TrainingSettings, 'nodes' | 'processes'>;

/** Of processes that share a training each has a GPU; without GPUs those of a machine share its memory too. */
function sharedNeeds(
  job: MemoryJob,
  { kind, gpuBytes, hostBytes }: DeviceMemory,
  { nodes, processes }: Shared,
) {
  const { all } = planSharded(job, nodes * processes);
  if (kind === 'gpu')
    return [{ of: 'each GPU’s memory', needed: all, available: gpuBytes ?? Number.POSITIVE_INFINITY }];
  return [{ of: 'the machine’s memory', needed: processes * all, available: hostBytes }];
}

/** The changes one by one, and then one after the other until all are made. */
function remediesFor(job: MemoryJob): { text: string; changed: MemoryJob }[] {
  const { microBatch } = job;
  const changes: { text: string; applies: boolean; change: (job: MemoryJob) => MemoryJob }[] = [
    {
      text: 'activationCheckpointing',
      applies: !job.activationCheckpointing,
      change: (given) => ({ ...given, activationCheckpointing: true }),
    },
    {
      text: 'precision bf16',
      applies: job.precision === 'f32',
      change: (given) => ({ ...given, precision: 'bf16' }),
    },
    {
      text: 'microBatch 1',
      applies: microBatch.rows > 1,
      change: (given) => ({ ...given, microBatch: scaled(given.microBatch, 1, 1), accumulates: true }),
    },
    {
      text: 'method lora',
      applies: job.lora === null,
      change: (given) => ({ ...given, lora: SMALL_ADAPTER }),
    },
    {
      text: `${microBatch.packed ? 'packedLength' : 'maxLength'} ${Math.ceil(microBatch.length / 2)}`,
      applies: microBatch.length > 32,
      change: (given) => ({ ...given, microBatch: scaled(given.microBatch, given.microBatch.rows, 0.5) }),
    },
  ];
  const open = changes.filter(({ applies }) => applies);
  const together = open.slice(1).map((_, last) => {
    const made = open.slice(0, last + 2);
    const changed = made.reduce((given, { change }) => change(given), job);
    return { text: made.map(({ text }) => text).join(' and '), changed };
  });
  return [...open.map(({ text, change }) => ({ text, changed: change(job) })), ...together];
}

/** The settings' defaults. */
const SMALL_ADAPTER: LoraConfig = {
  rank: 8,
  alpha: 16,
  dropout: 0.05,
  targets: ['q_proj', 'v_proj'],
  trainedTokens: [],
};

function scaled(shape: MicroBatchShape, rows: number, ofLength: number): MicroBatchShape {
  const length = Math.ceil(shape.length * ofLength);
  const targets = Math.min(shape.targets, rows * length);
  return { ...shape, rows, length, targets };
}

/** As many tokens and targets as any micro-batch has; the two may be of different ones. */
function largestMicroBatch({ steps }: Pick<BatchPlan, 'steps'>, rows: readonly Example[]): MicroBatchShape {
  const tokens = rows.map(({ inputIds }) => inputIds.length);
  const learnt = rows.map(countTargets);
  const largest: MicroBatchShape = { rows: 0, length: 0, targets: 0, packed: false };
  for (const microBatch of steps.flat()) {
    const sums = microBatch.map((row) => {
      const indices = rowsOf(row);
      if (indices.length > 1) largest.packed = true;
      return { tokens: sumOf(indices, tokens), targets: sumOf(indices, learnt) };
    });
    const length = paddedLength(Math.max(...sums.map((row) => row.tokens)));
    if (length * microBatch.length > largest.length * largest.rows)
      Object.assign(largest, { rows: microBatch.length, length });
    largest.targets = Math.max(
      largest.targets,
      sums.reduce((sum, row) => sum + row.targets, 0),
    );
  }
  return largest;
}

function sumOf(indices: readonly number[], values: readonly number[]): number {
  return indices.reduce((sum, index) => sum + (values[index] ?? 0), 0);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
