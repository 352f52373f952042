import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SetupError } from '../../../../workers/setup/cache.mjs';
import { GPU } from '../../../../workers/setup/cuda.mjs';
import { announce, bytesOf, chooseVariant, orCpu, readGpu } from '../../../../workers/setup/gpu.mjs';

const H100 = { name: 'NVIDIA H100 80GB HBM3', driver: '550.54.15' };
const pins = GPU['linux-x64'];
assert.ok(pins);

describe('the choice of libtensorflow', () => {
  const choose = (wish?: string, gpu: typeof H100 | null = null, platform = 'linux-x64') =>
    chooseVariant({ wish, platform, gpu });

  it('is the GPU one where there is a GPU, else the CPU one', () => {
    assert.deepEqual(choose(undefined, H100), { variant: 'gpu', note: null });
    assert.deepEqual(choose('', H100), { variant: 'gpu', note: null });
    assert.deepEqual(choose(undefined, null), { variant: 'cpu', note: null });
  });

  it('is what ALPACA_TENSORFLOW says', () => {
    assert.deepEqual(choose('cpu', H100), { variant: 'cpu', note: null });
    assert.deepEqual(choose('gpu', null), { variant: 'gpu', note: null });
    assert.throws(() => choose('cuda'), /ALPACA_TENSORFLOW is "cuda"; it can be cpu or gpu\./);
  });

  it('is the CPU one, and says so, where TensorFlow has no CUDA for the platform', () => {
    const note = 'the CPU library: TensorFlow has none with CUDA for linux-arm64';
    assert.deepEqual(choose(undefined, H100, 'linux-arm64'), { variant: 'cpu', note });
    assert.deepEqual(choose('gpu', null, 'linux-arm64'), { variant: 'cpu', note });
  });

  it('is the CPU one, and says so, where the driver is older than CUDA 12', () => {
    const { variant, note } = choose(undefined, { name: 'Tesla T4', driver: '470.82.01' });
    assert.equal(variant, 'cpu');
    assert.match(note ?? '', /the driver 470\.82\.01 of the Tesla T4 is older than CUDA 12 needs/);
  });
});

describe('the answer of nvidia-smi', () => {
  it('gives the first GPU', () => {
    assert.deepEqual(readGpu('NVIDIA H100 80GB HBM3, 550.54.15\nNVIDIA L4, 550.54.15\n'), H100);
  });

  it('without a GPU gives none', () => {
    assert.equal(readGpu(''), null);
    assert.equal(readGpu('No devices were found\n'), null);
  });
});

describe('a GPU variant that cannot be had', () => {
  it('gives way to the CPU one, with a line that says why', async () => {
    const lines: string[] = [];
    const bring = (variant: string) =>
      variant === 'gpu' ? Promise.reject(new SetupError('no room.')) : Promise.resolve('cpu folder');
    assert.equal(await orCpu('gpu', bring, (line: string) => lines.push(line)), 'cpu folder');
    assert.deepEqual(lines, [
      'the CPU library of TensorFlow in place of the GPU one, which could not be had: no room.',
    ]);
  });

  it('is one for which the disk has no room', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpaca-gpu-'));
    const lines: string[] = [];
    await assert.rejects(
      announce({ download: 3_000_000_000, disk: 1e18 }, folder, (line: string) => lines.push(line)),
      /downloads 3000000000 bytes \(3\.0 GB\) and needs 1000000000000000000 bytes .* free\.$/,
    );
    assert.deepEqual(lines, []);
  });

  it('is told before the download where there is room', async () => {
    const lines: string[] = [];
    await announce({ download: 1_500_000_000, disk: 1 }, tmpdir(), (line: string) => lines.push(line));
    assert.deepEqual(lines, [
      'TensorFlow for the GPU downloads 1500000000 bytes (1.5 GB) and needs 1 bytes (0.0 GB) of disk; ' +
        'ALPACA_TENSORFLOW=cpu does without',
    ]);
  });
});

describe('the CUDA pins', () => {
  const wheels = [pins.tensorflow, ...pins.cuda];
  const folders = new Set(pins.cuda.flatMap(({ entries }) => Object.keys(entries).map(folderOf)));

  it('have a full digest, a size and entries each', () => {
    assert.equal(wheels.length, 12);
    assert.equal(new Set(wheels.map(({ sha256 }) => sha256)).size, 12);
    for (const { package: name, version, file, platform, sha256, bytes, entries } of wheels) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(file.startsWith(`${name.replaceAll('-', '_')}-${version}-`), file);
      assert.ok(file.includes(platform), file);
      assert.ok(bytes > 1e6, file);
      assert.ok(Object.keys(entries).length > 0, file);
    }
  });

  it('fill the folders that RUNPATH of libtensorflow 2.21.0 names, as `readelf -d` prints it', () => {
    // RUNPATH also names nvidia/nvshmem/lib and tensorrt, for which the extra `and-cuda` has no wheel.
    const runpath = [
      'cublas',
      'cuda_cupti',
      'cuda_runtime',
      'cudnn',
      'cufft',
      'cusolver',
      'cusparse',
      'nccl',
    ];
    for (const name of runpath) assert.ok(folders.has(`nvidia/${name}/lib`), name);
  });

  it('bring what those libraries need, and the compiler of kernels', () => {
    for (const folder of ['nvidia/cuda_nvrtc/lib', 'nvidia/nvjitlink/lib', 'nvidia/cuda_nvcc/bin'])
      assert.ok(folders.has(folder), folder);
    assert.equal(folders.size, 12);
  });

  it('say what they take from the network and from the disk', () => {
    // Taken files 5,082,573,824 bytes, twice the wheel of cudnn 2 x 716,538,495, small files 100,000,000.
    assert.deepEqual(bytesOf(pins), { download: 3_311_524_342, disk: 6_615_650_814 });
  });

  it('are of the TensorFlow version of package.json', async () => {
    const path = new URL('../../../../package.json', import.meta.url);
    const { alpaca } = JSON.parse(await readFile(path, 'utf8')) as { alpaca: Record<string, string> };
    assert.equal(pins.tensorflow.version, alpaca.tensorflow);
  });
});

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
