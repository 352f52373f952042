import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../../../../activities/model/folder/folder.ts';
import { checkFits } from '../../../../../activities/train/memory-plan/fit.ts';
import type { MemoryJob } from '../../../../../activities/train/memory-plan/memory-plan.ts';
import { planSharded } from '../../../../../activities/train/memory-plan/sharded-plan.ts';

const TWO = { nodes: 1, processes: 2 };
const LARGE_GPU = { kind: 'gpu', gpuBytes: 80e9, hostBytes: 1e12 } as const;

/** The published training: all weights in bf16, 4 rows of 512 tokens on each GPU. */
async function published(model: '7b' | '13b'): Promise<MemoryJob> {
  const folder = fileURLToPath(new URL(`../../../../../docs/memory/llama-${model}`, import.meta.url));
  return {
    config: await readConfig(folder),
    lora: null,
    precision: 'bf16',
    activationCheckpointing: false,
    microBatch: { rows: 4, length: 512, targets: 2048, packed: false },
    accumulates: true,
  };
}

describe('the memory of a model that processes share', () => {
  it('has the published set-up fit: 7B on four GPUs of 80 GB, 13B on eight', async () => {
    checkFits(await published('7b'), LARGE_GPU, { nodes: 1, processes: 4 });
    checkFits(await published('13b'), LARGE_GPU, { nodes: 2, processes: 4 });
  });

  it('has weights, gradients and moments in f32, a part each: 16 bytes a parameter over all', async () => {
    const { weights, gradients, optimizer } = planSharded(await published('7b'), 4);
    assert.equal(weights + gradients + optimizer, (16 * 6_738_415_616) / 4);
  });

  it('refuses 7B on one, and says what would make it fit', async () => {
    const job = await published('7b');
    assert.throws(() => checkFits(job, LARGE_GPU, { nodes: 1, processes: 1 }), {
      code: 'InvalidInput',
      message:
        /^This training needs \d+\.\d\d GiB of each GPU’s memory, and there are 74\.51 GiB\. It would fit with any of: method lora; /,
    });
  });

  it('without GPUs is of all processes together, from the machine’s memory', async () => {
    const job = await published('7b');
    const needed = 2 * planSharded(job, 2).all;
    const machine = { kind: 'cpu', gpuBytes: null } as const;
    checkFits(job, { ...machine, hostBytes: needed }, TWO);
    assert.throws(() => checkFits(job, { ...machine, hostBytes: needed - 1 }, TWO), { code: 'InvalidInput' });
  });

  it('is little of activations where they are computed again, and of gradients with an adapter', async () => {
    const job = await published('7b');
    const all = planSharded(job, 4);
    assert.ok(planSharded({ ...job, activationCheckpointing: true }, 4).activations < all.activations / 3);
    const lora = { rank: 8, alpha: 16, dropout: 0.05, targets: ['q_proj' as const], trainedTokens: [] };
    assert.equal(planSharded({ ...job, lora }, 4).gradients, (4 * 32 * 8 * 2 * 4096) / 4);
  });
});
