import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { readSource } from '../../activities/dedupe/instruction-source.ts';
import { rougeL } from '../../activities/dedupe/rouge/rouge.ts';
import { tokenizeRouge } from '../../activities/dedupe/rouge/tokenize.ts';
import { pythonWith, runPython } from '../python.ts';
import { buildCorpus } from './corpus.ts';
import { measureCurve } from './curve.ts';
import { measureEmbedding } from './embedding.ts';
import type { Measurement } from './measure.ts';
import { measureRebuild } from './rebuild.ts';
import { corpusShape } from './shape.ts';

const PEERS = {
  modules: ['rouge_score', 'rapidfuzz', 'numpy'],
  packages: ['rouge_score==0.1.2', 'rapidfuzz==3.14.6', 'numpy==2.4.6'],
};

interface Peers {
  rougeScore: { pairs: number; seconds: number; scores: Array<[number, number, number]> };
  rapidFuzz: { pairs: number; seconds: number };
}

/**
 * `npm run bench -- dedupe [--input FILE] [--runs 3]`: seconds of both modes on a corpus of the released
 * shape (or a file with an `instruction` a row), best of so many runs, and how many times as fast that is as
 * `rouge_score` and RapidFuzz on the same pairs, measured in the same command.
 *
 * `npm run bench -- dedupe --curve [--sizes 10000,100000,1000000] [--partitions 8]`: how `threshold` mode
 * grows, in one activity and in partitions.
 *
 * `npm run bench -- dedupe --embedding [--rows 52002] [--dimensions 256,1536]`: deciding by cosine alone.
 */
export async function benchDedupe(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      input: { type: 'string' },
      runs: { type: 'string', default: '3' },
      curve: { type: 'boolean', default: false },
      sizes: { type: 'string', default: '10000,30000,100000,300000,1000000' },
      partitions: { type: 'string', default: '8' },
      embedding: { type: 'boolean', default: false },
      rows: { type: 'string', default: '52002' },
      dimensions: { type: 'string', default: '256,1536' },
    },
  });
  if (values.curve)
    return measureCurve({
      sizes: values.sizes.split(',').map(Number),
      partitions: Number(values.partitions),
    });
  if (values.embedding)
    return measureEmbedding({
      rows: Number(values.rows),
      dimensions: values.dimensions.split(',').map(Number),
    });
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-dedupe-'));
  try {
    const path = values.input ?? (await writeCorpus(folder));
    const instructions = await readInstructions(path);
    const runs = Number(values.runs);
    const threshold = await measureBest(path, 'threshold', runs);
    const full = await measureBest(path, 'full', runs);
    const pairs = (full.rows * (full.rows - 1)) / 2;
    return {
      rows: full.rows,
      rejected: full.rejected,
      cores: full.cores,
      shape: corpusShape(instructions),
      threshold: describe(threshold, pairs),
      full: describe(full, pairs),
      highestKeptScore: full.highestKeptScore,
      poolRebuiltFromArtifacts: await measureRebuild(instructions, folder, runs),
      peers: await comparePeers(path, instructions, full, pairs),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe({ seconds, peakMemoryMegabytes }: Measurement, pairs: number): Record<string, number> {
  return {
    seconds: rounded(seconds),
    millionPairsPerSecond: rounded(pairs / seconds / 1e6),
    peakMemoryMegabytes: Math.round(peakMemoryMegabytes),
  };
}

async function comparePeers(
  path: string,
  instructions: readonly string[],
  full: Measurement,
  pairs: number,
): Promise<Record<string, unknown>> {
  const environment = await pythonWith('dedupe', PEERS);
  if ('missing' in environment) {
    console.error(`The peers are left out: ${environment.missing}`);
    return { skipped: environment.missing };
  }
  const { rougeScore, rapidFuzz } = await runPython<Peers>(environment.python, [
    fileURLToPath(new URL('./peers.py', import.meta.url)),
    ...[path, String(SAMPLED_PAIRS), String(availableParallelism())],
  ]);
  const perSecond = pairs / full.seconds;
  const differing = rougeScore.scores.filter(
    ([a, b, score]) =>
      rougeL(tokenizeRouge(instructions[a] ?? ''), tokenizeRouge(instructions[b] ?? '')) !== score,
  );
  return {
    rougeScore: {
      sampledPairs: rougeScore.pairs,
      scoresDiffering: differing.length,
      pairsPerSecond: Math.round(rougeScore.pairs / rougeScore.seconds),
      fullTimesAsFast: Math.round(perSecond / (rougeScore.pairs / rougeScore.seconds)),
    },
    rapidFuzz: {
      seconds: rounded(rapidFuzz.seconds),
      millionPairsPerSecond: rounded(rapidFuzz.pairs / rapidFuzz.seconds / 1e6),
      fullTimesAsFast: rounded(rapidFuzz.seconds / full.seconds),
    },
  };
}

const SAMPLED_PAIRS = 100_000;

async function writeCorpus(folder: string): Promise<string> {
  const path = join(folder, 'corpus.jsonl');
  const rows = buildCorpus().map((instruction) => JSON.stringify({ instruction, input: '', output: '' }));
  await writeFile(path, `${rows.join('\n')}\n`);
  return path;
}

async function readInstructions(path: string): Promise<string[]> {
  const instructions: string[] = [];
  for await (const batch of readSource(path, { field: 'instruction' }))
    for (const { instruction } of batch) instructions.push(instruction);
  return instructions;
}

async function measureBest(path: string, mode: 'full' | 'threshold', runs: number): Promise<Measurement> {
  let best: Measurement | null = null;
  for (let run = 0; run < runs; run += 1) {
    const script = fileURLToPath(new URL('./measure.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, path, mode]);
    const measured = JSON.parse(stdout) as Measurement;
    if (best === null || measured.seconds < best.seconds) best = measured;
  }
  if (best === null) throw new RangeError('--runs must be 1 or more.');
  return best;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
