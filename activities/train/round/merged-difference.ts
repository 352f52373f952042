import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import { STATE } from '../checkpoint/checkpoint.ts';
import { readStateFile, writeStateFile } from './state-file.ts';
import { DIFFERENCE } from './update.ts';

/**
 * What a round changes, a folder: `difference.bin` from the weights that it began with to those that it was merged to,
 * and the state of the merged checkpoint. Whoever has the former weights makes that checkpoint of it, to the bit.
 */
const mergedDifference = z.strictObject({
  format: z.literal(1),
  encoding: z.enum(['f32', 'bf16', 'int8']),
  tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int()) })),
  files: z.record(z.string(), z.string()),
});
type MergedDifference = z.infer<typeof mergedDifference>;

const FILE = 'difference.json';

/** Beside the difference that the folder has. */
export async function describeDifference(
  folder: string,
  checkpoint: string,
  difference: Pick<MergedDifference, 'encoding' | 'tensors'> & { sha256: string },
): Promise<WrittenDigests> {
  const { encoding, tensors, sha256 } = difference;
  await copyFile(join(checkpoint, STATE), join(folder, STATE));
  return writeStateFile(folder, FILE, {
    ...{ format: 1, encoding, tensors },
    files: { [DIFFERENCE]: sha256 },
  });
}

/** @throws AlpacaError CorruptArtifact */
export function readMergedDifference(folder: string): Promise<MergedDifference> {
  return readStateFile(folder, FILE, mergedDifference, 'difference');
}
