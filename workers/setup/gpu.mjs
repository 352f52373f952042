import { statfs } from 'node:fs/promises';
import { execute, messageOf, SetupError } from './cache.mjs';
import { GPU } from './cuda.mjs';

/** @typedef {'cpu' | 'gpu'} Variant */
/** @typedef {{ name: string, driver: string }} Gpu */

/** The oldest Linux driver that CUDA 12 runs on: 525.60.13 (CUDA Compatibility, minor version compatibility). */
const OLDEST_DRIVER = 525;

/** Headers, the binding and directories, next to libraries of gigabytes. */
const SMALL_FILES_BYTES = 100e6;

/** The first NVIDIA GPU of this machine, or null where `nvidia-smi` does not answer with one. */
export async function findGpu() {
  const args = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const answer = await execute('nvidia-smi', args, { timeoutMs: 10_000 }).catch(() => '');
  return readGpu(answer);
}

/**
 * @param {string} answer the lines of `nvidia-smi`: `NVIDIA H100 80GB HBM3, 550.54.15`
 * @returns {Gpu | null}
 */
export function readGpu(answer) {
  const [, name, driver] = /^(.+), (\d+(?:\.\d+)+)$/m.exec(answer) ?? [];
  return name && driver ? { name, driver } : null;
}

/**
 * Which libtensorflow this machine gets: the GPU one where it can be of use, unless ALPACA_TENSORFLOW says.
 * @param {{ wish: string | undefined, platform: string, gpu: Gpu | null }} machine
 * @returns {{ variant: Variant, note: string | null }} the note says why a GPU, or a wish, is not followed
 */
export function chooseVariant({ wish, platform, gpu }) {
  if (wish && wish !== 'cpu' && wish !== 'gpu')
    throw new SetupError(`ALPACA_TENSORFLOW is ${JSON.stringify(wish)}; it can be cpu or gpu.`);
  if (wish === 'cpu' || (!wish && !gpu)) return { variant: 'cpu', note: null };
  if (!GPU[platform])
    return { variant: 'cpu', note: `the CPU library: TensorFlow has none with CUDA for ${platform}` };
  if (!wish && gpu && Number.parseInt(gpu.driver, 10) < OLDEST_DRIVER) {
    const note = `the CPU library: the driver ${gpu.driver} of the ${gpu.name} is older than CUDA 12 needs (525.60.13)`;
    return { variant: 'cpu', note };
  }
  return { variant: 'gpu', note: null };
}

/**
 * Brings the chosen variant. Where the GPU one cannot be had, says why and brings the CPU one.
 * @template Result
 * @param {Variant} variant
 * @param {(variant: Variant) => Promise<Result>} bring
 * @param {(line: string) => void} print
 */
export async function orCpu(variant, bring, print) {
  if (variant === 'cpu') return bring('cpu');
  try {
    return await bring('gpu');
  } catch (error) {
    print(
      `the CPU library of TensorFlow in place of the GPU one, which could not be had: ${messageOf(error)}`,
    );
    return bring('cpu');
  }
}

/**
 * What the GPU variant downloads, and what the disk must hold at once: every file taken, and one wheel
 * twice, as pip writes it to its temporary folder before it copies it.
 * @param {import('./cuda.mjs').GpuPins} pins
 */
export function bytesOf({ tensorflow, cuda }) {
  const wheels = [tensorflow, ...cuda];
  const download = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const taken = wheels.flatMap(({ entries }) => Object.values(entries)).reduce((sum, size) => sum + size, 0);
  return { download, disk: taken + 2 * Math.max(...wheels.map(({ bytes }) => bytes)) + SMALL_FILES_BYTES };
}

/**
 * Says what is about to be downloaded; refuses where the disk has no room for it.
 * @param {{ download: number, disk: number }} bytes
 * @param {string} folder on the disk that is written to
 * @param {(line: string) => void} print
 */
export async function announce({ download, disk }, folder, print) {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needs = `TensorFlow for the GPU downloads ${download} bytes (${gigabytes(download)}) and needs ${disk} bytes (${gigabytes(disk)}) of disk`;
  if (free < disk)
    throw new SetupError(`${needs}, of which ${folder} has ${free} (${gigabytes(free)}) free.`);
  print(`${needs}; ALPACA_TENSORFLOW=cpu does without`);
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
