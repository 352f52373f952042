import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { replaceBinding } from '../../../../../activities/model/tensorflow.ts';
import { thisMachine } from '../../../../../activities/train/checkpoint/machine.ts';
import { deviceMemory } from '../../../../../activities/train/memory-plan/device-memory.ts';
import { changedBinding } from '../../model/changed-binding.ts';

/** In a file of its own: what a process computes on does not change while it runs. */
describe('a process that computes on a GPU', () => {
  const { PATH = '' } = process.env;
  let folder = '';

  before(async () => {
    replaceBinding(changedBinding({ isUsingGpuDevice: () => true }));
    folder = await mkdtemp(join(tmpdir(), 'alpaca-device-'));
    await answerWith('NVIDIA H100 80GB HBM3');
    process.env.PATH = `${folder}${delimiter}${PATH}`;
  });
  after(async () => {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true });
  });

  /** nvidia-smi for the first GPU, and no other. */
  async function answerWith(answer: string): Promise<void> {
    const program = join(folder, 'nvidia-smi');
    await writeFile(program, `#!/bin/sh\n[ "$1" = --id=0 ] || exit 6\nprintf '%s\\n' '${answer}'\n`);
    await chmod(program, 0o755);
  }

  it('names the GPU in its checkpoints', () => {
    const { device, processor } = thisMachine();
    assert.equal(device, 'gpu');
    assert.match(processor, / NVIDIA H100 80GB HBM3$/);
  });

  it('has the whole memory of its GPU', async () => {
    await answerWith('81559');
    const { kind, gpuBytes, hostBytes } = deviceMemory();
    assert.deepEqual([kind, gpuBytes], ['gpu', 81559 * 2 ** 20]);
    assert.ok(hostBytes > 0);
  });

  it('has an unknown one where nobody says', async () => {
    await answerWith('[N/A]');
    assert.equal(deviceMemory().gpuBytes, null);
    process.env.CUDA_VISIBLE_DEVICES = '7';
    assert.equal(deviceMemory().gpuBytes, null);
  });
});
