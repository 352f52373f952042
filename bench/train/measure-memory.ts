import { readFileSync, writeFileSync } from 'node:fs';
import { readModel } from '../../activities/model/folder/folder.ts';
import { free, scalar } from '../../activities/model/kernels/tensor.ts';
import { planBatches } from '../../activities/train/plan/plan.ts';
import { Trainer } from '../../activities/train/trainer.ts';
import { type MemoryRun, rowsOfRun } from './memory-run.ts';

/**
 * The child of the memory benchmark: trains a few steps and prints the most that was resident, above what was
 * before the model was read. The argument is a MemoryRun in JSON.
 */
const run: MemoryRun = JSON.parse(process.argv[2] ?? '');
free(scalar(1));
const baseline = resident('VmRSS');
forgetPeak();
const trainer = await makeTrainer();
for (let step = 0; step < run.steps; step += 1) {
  trainer.runStep();
}
console.log(JSON.stringify({ baseline, peak: resident('VmHWM') - baseline }));

async function makeTrainer(): Promise<Trainer> {
  const rows = rowsOfRun(run);
  const { rows: microBatch } = run.microBatch;
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const plan = planBatches({
    seed: 1,
    lengths,
    epochs: run.steps,
    globalBatch: microBatch,
    microBatch,
    shardsPerEpoch: 1,
  });
  return new Trainer({
    model: await readModel(run.modelPath),
    rows,
    plan,
    settings: run.settings,
    lora: run.lora,
    identity: {
      model: '',
      tokens: '',
      plan: '',
      settings: {},
      parts: { config: '', tokenizer: '', base: '' },
    },
    checkpoint: null,
  });
}

/** In bytes, as Linux has it. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes = ''] =
    new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Linux begins to count the peak anew. */
function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}
