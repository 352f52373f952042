import { type ArtifactReference, dataRow } from '../../../workflows/contracts/data.ts';
import { streamRows } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { PoolOptions, SimilarityPool } from '../../dedupe/corpus/pool.ts';
import type { GenerationRun } from '../generation-run.ts';
import { readAccepted } from './accepted-state.ts';

/** Similarity pools that stand ready for the next round of a run, by the state that they hold. */
export interface WarmPools {
  /**
   * A pool with the run's seed instructions and what `pool` accepted: a warm one where there is, else one
   * made from the artifacts. It is the caller's alone until it is kept again or closed.
   */
  take(run: GenerationRun, pool: ArtifactReference | null, options: PoolOptions): Promise<SimilarityPool>;
  /** Gives a pool back as the one that holds `pool`. */
  keep(
    run: GenerationRun,
    pool: ArtifactReference,
    options: PoolOptions,
    warm: SimilarityPool,
  ): Promise<void>;
  close(): Promise<void>;
}

/** A pool of 52,002 rows is some tens of megabytes, and a worker serves few runs at once. */
const KEPT = 2;

export function createWarmPools(
  store: ArtifactStore,
  createPool: (options: PoolOptions) => SimilarityPool,
): WarmPools {
  const warm = new Map<string, SimilarityPool>();
  return {
    async take(run, pool, options) {
      const name = nameOf(run, pool, options);
      const found = warm.get(name);
      warm.delete(name);
      // Nothing that a crash may have touched is trusted: a pool whose thread has ended, or of another size.
      const expected = run.seedInstructions.length + (pool?.rows ?? 0);
      if (found !== undefined && !found.ended && found.size === expected) return found;
      await found?.close();
      return rebuildPool(store, createPool(options), run.seedInstructions, pool);
    },
    async keep(run, pool, options, kept) {
      const name = nameOf(run, pool, options);
      const replaced = warm.get(name);
      warm.delete(name);
      warm.set(name, kept);
      await replaced?.close();
      for (const [oldest, idle] of warm) {
        if (warm.size <= KEPT) break;
        warm.delete(oldest);
        await idle.close();
      }
    },
    async close() {
      const pools = [...warm.values()];
      warm.clear();
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}

function nameOf(run: GenerationRun, pool: ArtifactReference | null, options: PoolOptions): string {
  return [run.settings.seedTasks.sha256, pool?.sha256, options.threshold, options.tokenization].join('/');
}

/** A run has hundreds of segments of some hundred rows: opening one is most of reading it. */
const READ_TOGETHER = 16;

/** Fills an empty pool with the seed instructions and what `pool` accepted, in order; closes it on failure. */
export async function rebuildPool(
  store: ArtifactStore,
  empty: SimilarityPool,
  seedInstructions: readonly string[],
  pool: ArtifactReference | null,
): Promise<SimilarityPool> {
  try {
    const { segments } = await readAccepted(store, pool);
    let added = empty.add([...seedInstructions]);
    for (let first = 0; first < segments.length; first += READ_TOGETHER) {
      // While the pool's thread takes these, the next are read.
      const together = segments.slice(first, first + READ_TOGETHER);
      const read = await Promise.all(together.map((segment) => readInstructions(store, segment)));
      await added;
      added = empty.add(read.flat());
    }
    await added;
    return empty;
  } catch (error) {
    await empty.close();
    throw error;
  }
}

const withInstruction = dataRow.pick({ instruction: true });

async function readInstructions(store: ArtifactStore, segment: ArtifactReference): Promise<string[]> {
  const instructions: string[] = [];
  for await (const row of streamRows(await store.open(segment), withInstruction))
    instructions.push(row.instruction);
  return instructions;
}
