import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildCorpus, RELEASED } from './corpus.ts';
import type { Measurement } from './measure.ts';
import type { PartitionMeasurement } from './measure-partitions.ts';

export interface CurveOptions {
  /** how many rows each corpus has */
  sizes: readonly number[];
  partitions: number;
}

/**
 * How `threshold` dedupe grows with the corpus: row after row in one thread, and in partitions on this
 * machine's cores. The corpora have the released shape, with a vocabulary that grows with them.
 */
export async function measureCurve({ sizes, partitions }: CurveOptions): Promise<Record<string, unknown>> {
  const points: unknown[] = [];
  for (const rows of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-curve-'));
    try {
      const path = join(folder, 'corpus.jsonl');
      await writeCorpus(path, rows);
      const inOne =
        rows > IN_ONE_UP_TO ? null : await measured<Measurement>('./measure.ts', [path, 'threshold']);
      const divided = await measured<PartitionMeasurement>('./measure-partitions.ts', [
        ...[path, String(partitions)],
      ]);
      points.push(describePoint(inOne, divided));
      console.error(JSON.stringify(points.at(-1)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { cores: availableParallelism(), partitions, points };
}

/** Row after row is quadratic on one core: beyond this a bench would take half an hour. */
const IN_ONE_UP_TO = 300_000;

function describePoint(inOne: Measurement | null, divided: PartitionMeasurement): Record<string, unknown> {
  const { plan, findPairs, largestPartition, resolve } = divided.seconds;
  return {
    rows: divided.rows,
    rejected: divided.rejected,
    inOne: inOne && {
      rejected: inOne.rejected,
      seconds: rounded(inOne.seconds),
      peakMemoryMegabytes: Math.round(inOne.peakMemoryMegabytes),
    },
    divided: {
      pairs: divided.pairs,
      copiesOfEachRow: rounded(divided.copies),
      planSeconds: rounded(plan),
      findPairsSeconds: rounded(findPairs),
      largestPartitionSeconds: rounded(largestPartition),
      resolveSeconds: rounded(resolve),
      peakMemoryMegabytes: Math.round(divided.peakMemoryMegabytes),
    },
  };
}

async function writeCorpus(path: string, rows: number): Promise<void> {
  const share = rows / RELEASED.rows;
  const corpus = buildCorpus({
    rows,
    nearDuplicates: Math.round(RELEASED.nearDuplicates * share),
    atThreshold: Math.round(RELEASED.atThreshold * share),
  });
  await pipeline(Readable.from(linesOf(corpus)), createWriteStream(path));
}

function* linesOf(instructions: readonly string[]): Generator<string> {
  for (const instruction of instructions) yield `${JSON.stringify({ instruction, input: '', output: '' })}\n`;
}

async function measured<Result>(script: string, args: string[]): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-old-space-size=8192',
    fileURLToPath(new URL(script, import.meta.url)),
    ...args,
  ]);
  return JSON.parse(stdout) as Result;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
