import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { z } from 'zod';
import { askGpu } from '../../model/gpu.ts';
import { loadBinding } from '../../model/tensorflow.ts';

/** Where floating-point results are the same to the bit: one build, device, instruction set and number of threads. */
export const machine = z.strictObject({
  /** TensorFlow's version */
  tensorflow: z.string(),
  device: z.enum(['cpu', 'gpu']),
  /** and the GPU's name where that is the device */
  processor: z.string(),
  /** the extensions that oneDNN and Eigen choose their kernels by */
  instructionSet: z.string(),
  /** V8's version: its powers, of which rates and rotations are made, are not rounded alike in all */
  v8: z.string(),
  /** the threads that a product's long sums are divided among, each adding up its own part; null on a GPU */
  threads: z.int().nullable(),
});
export type Machine = z.infer<typeof machine>;

/** The same of PyTorch's processes, which divide their sums among each other. */
export const torchMachine = z.strictObject({
  torch: z.string(),
  device: z.enum(['cpu', 'cuda']),
  processor: z.string(),
  processes: z.int(),
});

/** The same of a command that somebody else has written. */
const foreignCommand = z.strictObject({ command: z.string() });

/** What a checkpoint was made on, by whichever engine. */
export const madeOnMachine = z.union([machine, torchMachine, foreignCommand]);

let known: Machine | null = null;

/** The build and the machine of this process. */
export function thisMachine(): Machine {
  known ??= describeMachine();
  return known;
}

function describeMachine(): Machine {
  const { TF_Version: tensorflow, isUsingGpuDevice } = loadBinding();
  const device = isUsingGpuDevice() ? 'gpu' : 'cpu';
  const gpu = device === 'gpu' ? [askGpu('name') ?? 'unknown GPU'] : [];
  return {
    tensorflow,
    device,
    processor: [process.arch, cpus()[0]?.model ?? 'unknown', ...gpu].join(' ').trim(),
    instructionSet: instructionSet(cpuFlags(readLinux('/proc/cpuinfo'))),
    v8: process.versions.v8,
    threads: device === 'gpu' ? null : cpuThreads(process.env, readLinux('/proc/self/status')),
  };
}

type Parts = Record<string, string | number | null>;

/** What of two machines differs, as one line for a person; null where results are the same to the bit. */
export function differenceOf(was: Readonly<Parts>, is: Readonly<Parts>): string | null {
  const differences = Object.keys(is)
    .filter((part) => was[part] !== is[part])
    .map((part) => `${part} was ${was[part]} and is ${is[part]}`);
  return differences.length === 0 ? null : differences.join('; ');
}

/** oneDNN's ladder of instruction sets on x64, and Arm's vector extensions. */
const EXTENSIONS = [
  'sse4_1',
  'avx',
  'avx2',
  'fma',
  'avx_vnni',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_tile',
  'amx_bf16',
  'asimd',
  'bf16',
  'sve',
  'sve2',
];

/** @param flags a processor's extensions as Linux names them; empty where the system does not tell */
export function instructionSet(flags: readonly string[]): string {
  const found = EXTENSIONS.filter((extension) => flags.includes(extension));
  return found.length === 0 ? 'unknown' : found.join(' ');
}

/**
 * How many threads TensorFlow computes an operation in: as many as it is told, or as processors that this
 * process may run on.
 *
 * @param status Linux's text about this process; empty elsewhere
 */
export function cpuThreads(environment: NodeJS.ProcessEnv, status: string): number {
  const told = Number(environment.TF_NUM_INTRAOP_THREADS);
  if (told > 0) return told;
  const [, mask = ''] = /^Cpus_allowed:\s*([\da-f,]+)$/m.exec(status) ?? [];
  const allowed = [...mask.matchAll(/[\da-f]/g)].reduce((sum, [digit]) => sum + setBits(digit), 0);
  return allowed || availableParallelism();
}

/** @param digit hexadecimal */
function setBits(digit: string): number {
  return Number.parseInt(digit, 16).toString(2).replaceAll('0', '').length;
}

function cpuFlags(info: string): string[] {
  const [, flags = ''] = /^(?:flags|Features)\s*: (.*)$/m.exec(info) ?? [];
  return flags.split(' ');
}

function readLinux(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
