import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { GatheredRows } from '../../../workflows/contracts/generate-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { storageError } from '../../errors.ts';
import { readAccepted } from './accepted-pool.ts';

/**
 * Joins what the rounds of a pool left, in order: the accepted segments into one JSONL file of rows with
 * provenance, and what became of each request into another.
 */
export async function gatherAccepted(
  pool: ArtifactReference,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<GatheredRows> {
  const { segments, accepted, yields } = await readAccepted(store, pool);
  const requests = yields.reduce((sum, { rows }) => sum + rows, 0);
  const gather = (kind: string, name: string, parts: readonly ArtifactReference[], rows: number) =>
    joinFiles(
      parts,
      store,
      signal,
      (path) => store.take(kind, path, { rows, madeBy: 'generate', madeFrom: { pool: pool.sha256 } }),
      name,
    );
  return {
    data: await gather('dataset', 'rows.jsonl', segments, accepted),
    yieldByRequest: await gather('yield', 'yield-by-request.jsonl', yields, requests),
  };
}

async function joinFiles(
  parts: readonly ArtifactReference[],
  store: ArtifactStore,
  signal: AbortSignal,
  keep: (path: string) => Promise<ArtifactReference>,
  name: string,
): Promise<ArtifactReference> {
  const workspace = await store.workspace('gather');
  const path = join(workspace, name);
  try {
    await pipeline(bytesOf(parts, store), createWriteStream(path), { signal });
    return await keep(path);
  } catch (error) {
    throw storageError(error, 'the joined rows');
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function* bytesOf(
  segments: readonly ArtifactReference[],
  store: ArtifactStore,
): AsyncGenerator<Buffer> {
  for (const segment of segments) {
    for await (const chunk of createReadStream(await store.open(segment)) as AsyncIterable<Buffer>)
      yield chunk;
  }
}
