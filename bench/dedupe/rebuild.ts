import { join } from 'node:path';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { createPool } from '../../activities/dedupe/corpus/pool.ts';
import { rebuildPool } from '../../activities/generate/accept/accepted-pool.ts';
import { writeAccepted } from '../../activities/generate/accept/accepted-state.ts';
import { nothingObserved } from '../../activities/generate/accept/recorded-yield.ts';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';

/** Rows that one round of a run accepts, about: a segment each. */
const ROWS_PER_SEGMENT = 200;

/**
 * Seconds in which a run's similarity pool stands again after a crash, from the segments that its rounds
 * stored: best of so many runs, each with a store that has verified nothing yet.
 */
export async function measureRebuild(
  instructions: readonly string[],
  folder: string,
  runs: number,
): Promise<{ rows: number; segments: number; seconds: number }> {
  const root = join(folder, 'store');
  const segments = await writeSegments(createLocalStore({ root }), instructions);
  const state = await writeAccepted(createLocalStore({ root }), {
    ...{ segments, accepted: instructions.length, yields: [], observed: nothingObserved() },
  });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const store = createLocalStore({ root });
    const started = performance.now();
    const empty = createPool({ threshold: 0.7, tokenization: 'rouge' });
    const pool = await rebuildPool(store, empty, [], state);
    best = Math.min(best, (performance.now() - started) / 1000);
    await pool.close();
  }
  return { rows: instructions.length, segments: segments.length, seconds: Number(best.toPrecision(3)) };
}

async function writeSegments(
  store: ArtifactStore,
  instructions: readonly string[],
): Promise<ArtifactReference[]> {
  const segments: ArtifactReference[] = [];
  for (let first = 0; first < instructions.length; first += ROWS_PER_SEGMENT) {
    const rows = instructions.slice(first, first + ROWS_PER_SEGMENT).map((instruction, index) => ({
      ...{ instruction, input: '', output: 'x'.repeat(270) },
      provenance: { request: first, prompt: 0, segment: index, ledgerKey: 'a'.repeat(64) },
    }));
    const about = { madeBy: 'bench', rows: rows.length };
    segments.push(await store.putFile('segment', 'segment.jsonl', toJsonLines(rows), about));
  }
  return segments;
}
