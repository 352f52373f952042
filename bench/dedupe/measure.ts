import { availableParallelism } from 'node:os';
import { unwatched } from '../../activities/attempt.ts';
import { dedupeCorpus } from '../../activities/dedupe/corpus.ts';
import { readSource } from '../../activities/dedupe/instruction-source.ts';

/**
 * Dedupes one file in a process of its own, so that its time and peak memory are its own, and prints what it
 * measured: `node measure.ts FILE full|threshold`. The seconds include reading and tokenizing, not the start
 * of Node.
 */

export interface Measurement {
  rows: number;
  rejected: number;
  seconds: number;
  peakMemoryMegabytes: number;
  cores: number;
}

const [path = '', mode] = process.argv.slice(2);
const started = performance.now();
const { resembles } = await dedupeCorpus(
  [],
  instructions(path),
  { threshold: 0.7, tokenization: 'rouge', mode: mode === 'threshold' ? 'threshold' : 'full' },
  unwatched,
);
const measurement: Measurement = {
  rows: resembles.length,
  rejected: resembles.filter((text) => text !== -1).length,
  seconds: (performance.now() - started) / 1000,
  peakMemoryMegabytes: process.resourceUsage().maxRSS / 1000,
  cores: availableParallelism(),
};
console.log(JSON.stringify(measurement));

async function* instructions(file: string): AsyncGenerator<string[]> {
  for await (const batch of readSource(file, { field: 'instruction' }))
    yield batch.map(({ instruction }) => instruction);
}
