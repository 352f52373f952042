import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference } from '../../workflows/contracts/reference.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { storageError } from '../errors.ts';
import { readAccepted } from './accepted-pool.ts';

/** Joins the accepted segments of a pool, in order, into one JSONL file of rows with provenance. */
export async function gatherAccepted(
  pool: ArtifactReference,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<ArtifactReference> {
  const { segments, accepted } = await readAccepted(store, pool);
  const workspace = await store.workspace('gather');
  const path = join(workspace, 'rows.jsonl');
  try {
    await pipeline(bytesOf(segments, store), createWriteStream(path), { signal });
    return await store.take('dataset', path, {
      rows: accepted,
      madeBy: 'generate',
      madeFrom: { pool: pool.sha256 },
    });
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
