import { availableParallelism } from 'node:os';
import { unwatched } from '../../activities/attempt.ts';
import { dedupeCorpus } from '../../activities/dedupe/corpus/corpus.ts';
import { readSource } from '../../activities/dedupe/instruction-source.ts';

/**
 * Dedupes one file in a process of its own, so that its time and peak memory are its own, and prints what it
 * measured: `node measure.ts FILE full|threshold`. The seconds include reading and tokenizing, not the start
 * of Node.
 */

export interface Measurement {
  rows: number;
  rejected: number;
  /** in `full` mode the highest score of a kept row, found by other code than what decided: 0.7 at the most */
  highestKeptScore: number | null;
  seconds: number;
  peakMemoryMegabytes: number;
  cores: number;
}

const [path = '', mode] = process.argv.slice(2);
const started = performance.now();
const { resembles, similarity } = await dedupeCorpus(
  [],
  instructions(path),
  { threshold: 0.7, tokenization: 'rouge', mode: mode === 'threshold' ? 'threshold' : 'full' },
  unwatched,
);
const seconds = (performance.now() - started) / 1000;
const measurement: Measurement = {
  rows: resembles.length,
  rejected: resembles.filter((text) => text !== -1).length,
  highestKeptScore: similarity === null ? null : similarity.scores.reduce((a, b) => Math.max(a, b), 0),
  seconds,
  peakMemoryMegabytes: process.resourceUsage().maxRSS / 1000,
  cores: availableParallelism(),
};
console.log(JSON.stringify(measurement));

async function* instructions(file: string): AsyncGenerator<string[]> {
  for await (const batch of readSource(file, { field: 'instruction' }))
    yield batch.map(({ instruction }) => instruction);
}
