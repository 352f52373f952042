import { type ArtifactStore, isStored } from '../../artifacts/store.ts';
import { type HeldOutProgress, NOTHING_MEASURED } from '../early-stopping.ts';
import { readState } from './checkpoint.ts';
import type { CheckpointPointer } from './checkpoint-pointer.ts';

/** A checkpoint that later rounds have left behind did not end the training. */
export async function heldOutOf(
  { checkpoint }: CheckpointPointer,
  store: ArtifactStore,
): Promise<HeldOutProgress> {
  if (!(await isStored(store, checkpoint))) return NOTHING_MEASURED;
  return (await readState(await store.open(checkpoint))).heldOut;
}
