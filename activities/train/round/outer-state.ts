import { join } from 'node:path';
import { z } from 'zod';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import type { Merged } from './merge-tensors.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

/**
 * What the merge of a round goes on with from the one before, a folder: the outer momentum, and what the encoding of
 * the merged difference has lost. No worker that trains needs it.
 */
const outerState = z.strictObject({ format: z.literal(1), files: z.record(z.string(), z.string()) });

const OUTER = 'outer.json';
export const MOMENTUM = 'momentum.safetensors';
export const LOST = 'lost.bin';

/** @returns the files' digests; null where a merge has nothing to go on with */
export async function writeOuter(
  folder: string,
  { momentum, lost }: Pick<Merged, 'momentum' | 'lost'>,
): Promise<WrittenDigests | null> {
  const files = {
    ...(momentum !== null && { [MOMENTUM]: momentum }),
    ...(lost !== null && { [LOST]: lost }),
  };
  return Object.keys(files).length === 0 ? null : writeStateFile(folder, OUTER, { ...{ format: 1 }, files });
}

/** The paths of what there is. @throws AlpacaError CorruptArtifact */
export async function readOuter(folder: string): Promise<{ momentum: string | null; lost: string | null }> {
  const { files } = await readStateFile(folder, OUTER, outerState, 'outer state');
  const pathOf = (name: string) => (name in files ? join(folder, name) : null);
  return { momentum: pathOf(MOMENTUM), lost: pathOf(LOST) };
}
