import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { findPairs } from '../../activities/dedupe/partition/find-pairs.ts';
import { planPartitions } from '../../activities/dedupe/partition/plan-partitions.ts';
import { resolvePairs } from '../../activities/dedupe/partition/resolve-pairs.ts';
import { createSlots } from '../../activities/process/slots.ts';
import { dedupeInput } from '../../workflows/contracts/dedupe.ts';

/**
 * Dedupes one file in partitions, in a process of its own and without a server, and prints what it measured:
 * `node measure-partitions.ts FILE PARTITIONS`. The artifacts lie beside the file, and go at the end.
 */
export interface PartitionMeasurement {
  rows: number;
  rejected: number;
  /** rows in all partitions, over rows: how often each is searched */
  copies: number;
  pairs: number;
  seconds: { plan: number; findPairs: number; largestPartition: number; resolve: number };
  peakMemoryMegabytes: number;
}

const [path = '', count = '4'] = process.argv.slice(2);
const root = await mkdtemp(join(dirname(path), 'store-'));
try {
  const store = createLocalStore({ root, importFolders: [dirname(path)] });
  const partitions = Number(count);
  const input = dedupeInput.parse({ data: path, mode: 'threshold', partitions });
  const [plan, planSeconds] = await timed(() => planPartitions(input, { store }, unwatched));
  const { longest } = plan;
  const cores = createSlots(availableParallelism());
  const [found, findSeconds] = await timed(() =>
    Promise.all(
      plan.partitions.map((rows, partition) =>
        cores.run(unwatched.signal, () =>
          timed(() =>
            findPairs(
              { threshold: input.threshold, partitions, partition, longest, rows },
              { store },
              unwatched,
            ),
          ),
        ),
      ),
    ),
  );
  const pairs = found.map(([result]) => result.pairs);
  const [result, resolveSeconds] = await timed(() =>
    resolvePairs({ dedupe: input, plan, pairs }, { store }, unwatched),
  );
  const measurement: PartitionMeasurement = {
    rows: plan.sequences.rows,
    rejected: result.rejected.rows,
    copies: plan.partitions.reduce((sum, { rows }) => sum + rows, 0) / plan.sequences.rows,
    pairs: pairs.reduce((sum, { rows }) => sum + rows, 0),
    seconds: {
      plan: planSeconds,
      findPairs: findSeconds,
      largestPartition: Math.max(...found.map(([, seconds]) => seconds)),
      resolve: resolveSeconds,
    },
    peakMemoryMegabytes: process.resourceUsage().maxRSS / 1000,
  };
  console.log(JSON.stringify(measurement));
} finally {
  await rm(root, { recursive: true, force: true });
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const started = performance.now();
  const result = await work();
  return [result, (performance.now() - started) / 1000];
}
