import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  differenceOf,
  instructionSet,
  type Machine,
  thisMachine,
} from '../../../activities/train/machine.ts';

describe('where a checkpoint was made', () => {
  const here: Machine = {
    tensorflow: '2.21.0',
    device: 'cpu',
    processor: 'x64 one',
    instructionSet: 'avx avx2 fma',
  };

  it('is another place where the build, the device, the processor or its instructions differ', () => {
    assert.equal(differenceOf(here, { ...here }), null);
    assert.equal(
      differenceOf(here, { ...here, tensorflow: '2.22.0', instructionSet: 'avx' }),
      'tensorflow was 2.21.0 and is 2.22.0; instructionSet was avx avx2 fma and is avx',
    );
    assert.equal(differenceOf(here, { ...here, device: 'gpu' }), 'device was cpu and is gpu');
  });

  it('names the instructions that kernels are chosen by, out of all that a processor has', () => {
    assert.equal(instructionSet(['fpu', 'avx2', 'fma', 'avx', 'hypervisor']), 'avx avx2 fma');
    assert.equal(instructionSet([]), 'unknown');
  });

  it('is known of this process', () => {
    const { tensorflow, device, processor } = thisMachine();
    assert.match(tensorflow, /^\d+\.\d+\.\d+/);
    assert.match(device, /^(cpu|gpu)$/);
    assert.ok(processor.startsWith(process.arch));
  });
});
