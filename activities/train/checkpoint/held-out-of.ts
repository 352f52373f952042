import type { ArtifactStore } from '../../artifacts/store.ts';
import { type HeldOutProgress, NOTHING_MEASURED } from '../early-stopping.ts';
import { readState } from './checkpoint.ts';
import type { CheckpointPointer } from './checkpoint-pointer.ts';

/** A checkpoint that later rounds have left behind did not end the training. */
export async function heldOutOf(
  { checkpoint }: CheckpointPointer,
  store: ArtifactStore,
): Promise<HeldOutProgress> {
  const isStored = await store.readManifest(checkpoint).then(
    () => true,
    () => false,
  );
  return isStored ? (await readState(await store.open(checkpoint))).heldOut : NOTHING_MEASURED;
}
