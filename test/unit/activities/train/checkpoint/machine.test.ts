import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import {
  cpuThreads,
  differenceOf,
  instructionSet,
  type Machine,
  thisMachine,
} from '../../../../../activities/train/checkpoint/machine.ts';

describe('where a checkpoint was made', () => {
  const here: Machine = {
    tensorflow: '2.21.0',
    device: 'cpu',
    processor: 'x64 one',
    instructionSet: 'avx avx2 fma',
    v8: '13.6.233.17-node.54',
    threads: 2,
  };

  it('is another place where the build, the device, the processor or its instructions differ', () => {
    assert.equal(differenceOf(here, { ...here }), null);
    assert.equal(
      differenceOf(here, { ...here, tensorflow: '2.22.0', instructionSet: 'avx' }),
      'tensorflow was 2.21.0 and is 2.22.0; instructionSet was avx avx2 fma and is avx',
    );
    assert.equal(differenceOf(here, { ...here, device: 'gpu' }), 'device was cpu and is gpu');
    assert.equal(differenceOf(here, { ...here, threads: 4 }), 'threads was 2 and is 4');
  });

  it('names the instructions that kernels are chosen by, out of all that a processor has', () => {
    assert.equal(instructionSet(['fpu', 'avx2', 'fma', 'avx', 'hypervisor']), 'avx avx2 fma');
    assert.equal(instructionSet([]), 'unknown');
  });

  it('has as many threads as TensorFlow is told, or as processors that the process may run on', () => {
    const status = 'Name:\tnode\nCpus_allowed:\t0000000f,00000011\nCpus_allowed_list:\t0,4,32-35\n';
    assert.equal(cpuThreads({}, status), 6);
    assert.equal(cpuThreads({ TF_NUM_INTRAOP_THREADS: '3' }, status), 3);
    assert.equal(cpuThreads({ TF_NUM_INTRAOP_THREADS: '0' }, status), 6);
    assert.equal(cpuThreads({}, ''), availableParallelism());
  });

  it('is known of this process', () => {
    const { tensorflow, device, processor, threads } = thisMachine();
    assert.equal(threads === null, device === 'gpu');
    assert.match(tensorflow, /^\d+\.\d+\.\d+/);
    assert.match(device, /^(cpu|gpu)$/);
    assert.ok(processor.startsWith(process.arch));
  });
});
