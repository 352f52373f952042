import { type MemoryPlan, type PartMemory, residentPeak, totalOf } from './memory-plan.ts';
import type { ShardedPlan } from './sharded-plan.ts';

const COLUMNS = ['weights', 'gradients', 'optimizer', 'activations'] as const;

/** The plan as a Markdown table in MiB, part by part, and what it comes to. */
export function memoryTable(plan: MemoryPlan): string {
  const total: PartMemory = {
    name: 'all',
    weights: totalOf(plan.parts, 'weights'),
    gradients: totalOf(plan.parts, 'gradients'),
    optimizer: totalOf(plan.parts, 'optimizer'),
    activations: totalOf(plan.parts, 'activations'),
  };
  const line = (part: PartMemory) =>
    `| ${part.name} | ${COLUMNS.map((column) => mebibytes(part[column])).join(' | ')} |`;
  const [largest] = plan.moments.toSorted((a, b) => b.bytes - a.bytes);
  return [
    `| part | ${COLUMNS.join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---:').join('|')}|`,
    ...[...plan.parts, total].map(line),
    '',
    `The most on the device is ${mebibytes(plan.device)} MiB, in ${largest?.name}: not every part is there at once.`,
    `A process that trains on a GPU takes ${mebibytes(residentPeak(plan, 'gpu'))} MiB of the machine’s memory beside it;`,
    `on a CPU ${mebibytes(residentPeak(plan, 'cpu'))} MiB in all.`,
  ].join('\n');
}

/** The same of processes that share a model, and whether it fits a GPU of so many bytes. */
export function shardedTable(plan: ShardedPlan, gpus: number, gpuBytes: number): string {
  const fits = plan.all <= gpuBytes ? 'fits' : 'does not fit';
  return [
    `| on each of ${gpus} GPUs | MiB |`,
    '|---|---:|',
    ...Object.entries(plan).map(([name, bytes]) => `| ${name} | ${mebibytes(bytes)} |`),
    '',
    `It ${fits} a GPU of ${gpuBytes / 1e9} GB.`,
  ].join('\n');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
