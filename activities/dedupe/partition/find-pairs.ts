import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { FindPairsInput } from '../../../workflows/contracts/dedupe.ts';
import type { ArtifactStore, Provenance } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { runThreads } from '../../process/threads.ts';
import type { PairsProgress, PairsSettings } from './pairs-thread.ts';

/** The second part of dedupe in partitions: finds all pairs of one above the threshold, in a thread of its own. */
export async function findPairs(
  { threshold, partitions, partition, longest, rows }: FindPairsInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<{ pairs: ArtifactReference }> {
  const rowsPath = await store.open(rows);
  const workspace = await store.workspace('pairs');
  const pairsPath = join(workspace, `pairs-${partition}.bin`);
  let found = 0;
  try {
    const settings: PairsSettings = { threshold, partitions, partition, longest, rowsPath, pairsPath };
    await runThreads<PairsProgress>(new URL('./pairs-thread.ts', import.meta.url), settings, {
      threads: 1,
      signal: attempt.signal,
      onMessage({ rows: done, pairs }) {
        found = pairs;
        attempt.report({ done, total: rows.rows, unit: 'rows', note: `${pairs} pairs` });
      },
    });
    const about: Provenance = {
      madeBy: 'dedupe',
      madeFrom: { partition: rows.sha256 },
      settings: { threshold, partitions, partition },
    };
    return { pairs: await store.take('pairs', pairsPath, { ...about, rows: found }) };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
