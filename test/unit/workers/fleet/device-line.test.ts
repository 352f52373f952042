import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Device } from '../../../../activities/train/memory-plan/device-child.ts';
import { advertised, deviceLine } from '../../../../workers/fleet/device-line.ts';

const GPU: Device = {
  kind: 'gpu',
  gpuBytes: 81_559 * 2 ** 20,
  hostBytes: 500e9,
  machine: {
    tensorflow: '2.21.0',
    device: 'gpu',
    processor: 'x64 Xeon NVIDIA H100 80GB HBM3',
    instructionSet: 'avx2 fma',
    v8: '13.6',
    threads: null,
  },
};

describe('what a GPU worker advertises', () => {
  it('is its device, the GPU’s memory, and a build', () => {
    assert.equal(deviceLine(advertised(GPU)), 'gpu x64 Xeon NVIDIA H100 80GB HBM3, 79.6 GiB, build a808ea26');
  });

  it('is a machine’s memory where there is no GPU, and none that nobody says', () => {
    assert.match(
      deviceLine(advertised({ ...GPU, kind: 'cpu', gpuBytes: null })),
      /^cpu .*, 465\.7 GiB, build /,
    );
    assert.match(deviceLine(advertised({ ...GPU, gpuBytes: null })), /HBM3, build /);
  });

  it('is another build with another library, device or number of threads', () => {
    const { machine } = GPU;
    const others = [
      { ...machine, tensorflow: '2.22.0' },
      { ...machine, processor: 'x64 Xeon NVIDIA A100' },
      { ...machine, threads: 8 },
    ];
    const builds = [machine, ...others].map((each) => advertised({ ...GPU, machine: each }).build);
    assert.equal(new Set(builds).size, 4);
  });
});
