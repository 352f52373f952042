import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoraConfig } from '../../activities/model/adapter/lora.ts';
import { initializeWeights } from '../../activities/model/folder/initialize.ts';
import { writeModel } from '../../activities/model/folder/write-model.ts';
import { ALLOCATOR, SMALL_HEAP } from '../../activities/process/child-process.ts';
import { planMemory, residentPeak } from '../../activities/train/memory-plan/memory-plan.ts';
import { trainSettings } from '../../workflows/contracts/train.ts';
import type { MemoryRun } from './memory-run.ts';
import { SHAPES } from './shapes.ts';

const KINDS = ['full', 'lora', 'checkpointed'] as const;
const PRECISIONS = ['f32', 'bf16'] as const;
/** Steps that are made: V8's young objects have stopped growing by then. */
const STEPS = { small: 30, large: 4 };
const LORA: LoraConfig = {
  rank: 8,
  alpha: 16,
  dropout: 0.05,
  targets: ['q_proj', 'v_proj'],
  trainedTokens: [],
};

/**
 * The plan of memory against what is measured: the most that a training process has resident, above what it
 * has once TensorFlow is loaded, in MiB. Linux only.
 *
 * @param args the shape, `small` or `large`; both without it
 */
export async function benchMemory([only]: string[]): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const name of ['small', 'large'] as const) {
    if (only !== undefined && only !== name) continue;
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-memory-'));
    try {
      const modelPath = join(folder, 'model');
      const { config } = SHAPES[name];
      await writeModel(modelPath, { config, weights: initializeWeights(config, 1), from: null });
      for (const kind of KINDS) {
        for (const precision of PRECISIONS) {
          const result = await compare(runOf(name, modelPath, kind, precision));
          results[`${name} ${kind} ${precision}`] = result;
          console.error(`${name} ${kind} ${precision}: ${JSON.stringify(result)}`);
        }
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return results;
}

function runOf(
  name: keyof typeof SHAPES,
  modelPath: string,
  kind: (typeof KINDS)[number],
  precision: (typeof PRECISIONS)[number],
): MemoryRun {
  const { config, rows, length } = SHAPES[name];
  const activationCheckpointing = kind === 'checkpointed';
  const method = kind === 'lora' ? 'lora' : 'full';
  return {
    config,
    modelPath,
    settings: {
      ...trainSettings.parse({ method, precision, activationCheckpointing }),
      learningRate: 2e-3,
      runSeed: 1,
    },
    lora: kind === 'lora' ? LORA : null,
    microBatch: { rows, length },
    steps: STEPS[name],
  };
}

async function compare(run: MemoryRun) {
  const { config, lora, settings, microBatch } = run;
  const { precision, activationCheckpointing } = settings;
  const targets = microBatch.rows * microBatch.length;
  const shape = { ...microBatch, targets, packed: false };
  const job = { config, lora, precision, activationCheckpointing, microBatch: shape, accumulates: false };
  const planned = residentPeak(planMemory(job), 'cpu');
  const entry = fileURLToPath(new URL('./measure-memory.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...SMALL_HEAP, entry, JSON.stringify(run)],
    {
      env: { ...ALLOCATOR, ...process.env },
    },
  );
  const { peak }: { peak: number } = JSON.parse(stdout);
  const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  return {
    planned: mebibytes(planned),
    measured: mebibytes(peak),
    ratio: Number((planned / peak).toFixed(3)),
  };
}
