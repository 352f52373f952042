import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readModel } from '../../activities/model/folder/folder.ts';
import { cast } from '../../activities/model/kernels/operations.ts';
import { matmul } from '../../activities/model/kernels/products.ts';
import { type ComputeDType, fromFloats, scope, toFloats } from '../../activities/model/kernels/tensor.ts';
import { thisMachine } from '../../activities/train/checkpoint/machine.ts';
import type { BatchPlan } from '../../activities/train/plan/plan.ts';
import { Trainer } from '../../activities/train/trainer.ts';
import type { Answer, Introduction } from './side.ts';
import type { Workload } from './workload.ts';

/**
 * Our side: `node ours.ts FOLDER STEPS`, with as many steps as will be asked for in all. Trains by the
 * product's own trainer; reads how many steps to make from each line of standard input, and answers with a
 * line of JSON. The line `peak` asks for the speed of a big matrix product.
 */
const [folder = '', steps = '0'] = process.argv.slice(2);
const { tensorflow, device, processor } = thisMachine();
const baselineMiB = await residentMiB('VmRSS');
const workload: Workload = JSON.parse(await readFile(join(folder, 'workload.json'), 'utf8'));
const trainer = new Trainer({
  model: await readModel(join(folder, 'model')),
  rows: workload.batches.flat().map(({ inputIds, labels }, row) => ({
    row,
    inputIds: Int32Array.from(inputIds),
    labels: Int32Array.from(labels),
  })),
  plan: planOf(workload, Number(steps)),
  settings: workload.settings,
  lora: workload.lora,
  identity: {
    model: '',
    tokens: '',
    plan: '',
    settings: {},
    parts: { config: '', tokenizer: '', base: '' },
  },
  checkpoint: null,
});
answer({ name: `TensorFlow ${tensorflow} on ${processor}`, device, baselineMiB } satisfies Introduction);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'peak') answer({ flopsPerSecond: measurePeak(workload.settings.precision) });
  else answer(await takeSteps(Number(line)));
}

async function takeSteps(count: number): Promise<Answer> {
  const startedAt = performance.now();
  const losses = Array.from({ length: count }, () => trainer.runStep().loss);
  const seconds = (performance.now() - startedAt) / 1000;
  const deviceMiB = device === 'gpu' ? takenOfGpu() : null;
  return { seconds, losses, peakMiB: await residentMiB('VmHWM'), ...(deviceMiB !== null && { deviceMiB }) };
}

async function residentMiB(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** What TensorFlow has taken of the GPU, which it never gives back; null where nobody knows this process there. */
function takenOfGpu(): number | null {
  const query = ['--query-compute-apps=pid,used_memory', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000 });
  const own = (stdout ?? '').split('\n').find((line) => line.startsWith(`${process.pid},`));
  return own === undefined ? null : Number(own.split(',')[1]);
}

/** The plan that takes the batches in turn. */
function planOf({ batches, settings }: Workload, totalSteps: number): BatchPlan {
  const { microBatch } = settings;
  const steps = Array.from({ length: totalSteps }, (_, step) => {
    const first = (step % batches.length) * microBatch;
    return [Array.from({ length: microBatch }, (_, row) => first + row)];
  });
  return { steps, totalSteps, stepsPerEpoch: totalSteps, boundaries: [0, totalSteps], digest: '' };
}

/** The best of several products of square matrices, in operations a second. */
function measurePeak(precision: 'f32' | 'bf16'): number {
  const size = device === 'gpu' ? 8192 : 2048;
  const dtype: ComputeDType = precision === 'bf16' ? 'bfloat16' : 'float32';
  return scope(() => {
    const matrix = cast(fromFloats([size, size], new Float32Array(size * size).fill(0.5)), dtype);
    const seconds = Array.from({ length: 8 }, () =>
      scope(() => {
        const startedAt = performance.now();
        // A device may compute after the call returns: reading one value waits for it.
        toFloats(cast(matmul(matrix, matrix), 'float32'));
        return (performance.now() - startedAt) / 1000;
      }),
    );
    return (2 * size ** 3) / Math.min(...seconds);
  });
}

function answer(value: object): void {
  console.log(JSON.stringify(value));
}
