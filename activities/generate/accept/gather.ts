import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import type { GatheredRows, GatherInput } from '../../../workflows/contracts/generate-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { storageError } from '../../errors.ts';
import type { GenerationRun } from '../generation-run.ts';
import { readAccepted } from './accepted-state.ts';
import { storeStageFiles } from './stage-files.ts';

/**
 * Joins what the rounds of a pool left, in order: the accepted segments into one JSONL file of rows with
 * provenance, and what became of each request into another.
 */
export async function gatherAccepted(
  { pool, selfInstruct }: GatherInput,
  openRun: (settings: RequestSettings) => Promise<GenerationRun>,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<GatheredRows> {
  const { signal } = attempt;
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
  const data = await gather('dataset', 'rows.jsonl', segments, accepted);
  return {
    data,
    yieldByRequest: await gather('yield', 'yield-by-request.jsonl', yields, requests),
    files:
      selfInstruct === null
        ? null
        : await storeStageFiles(
            { ...selfInstruct, data },
            await openRun(selfInstruct.settings),
            store,
            attempt,
          ),
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
