import { z } from 'zod';
import { artifactReference } from '../../workflows/contracts/reference.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { AlpacaError } from '../errors.ts';

/** A range of steps of one training: what attempts work on, one after another. */
export interface ShardKey {
  run: string;
  /** digest of the training's identity: a run that is started again with other data has pointers of its own */
  identity: string;
  fromStep: number;
  toStep: number;
}

const pointer = z.strictObject({ step: z.int(), checkpoint: artifactReference });
export type CheckpointPointer = z.infer<typeof pointer>;

/**
 * The latest checkpoint of a shard: the authority on where its next attempt goes on.
 *
 * An attempt writes records of its own and replaces none, and the records of a later attempt count before
 * those of an earlier one. So an attempt that was paused, given up and wakes again can change nothing that
 * its successor has done, without a lock, on any store that can list and write.
 */
export async function latestCheckpoint(
  store: ArtifactStore,
  key: ShardKey,
): Promise<CheckpointPointer | null> {
  const last = (await records(store, key)).findLast(({ step }) => step !== null);
  if (!last) return null;
  const content = await store.readEntry(`${folder(key)}/${last.name}`);
  return content && pointer.parse(JSON.parse(content.toString('utf8')));
}

/** Announces an attempt: from here on its predecessors may record nothing. */
export async function claimShard(store: ArtifactStore, key: ShardKey, attempt: number): Promise<void> {
  await store.writeEntryOnce(`${folder(key)}/${attemptName(attempt)}`, '');
}

/**
 * Points to a checkpoint, if the attempt is still the latest.
 *
 * @throws AlpacaError Superseded where a later attempt has taken the shard over
 */
export async function recordCheckpoint(
  store: ArtifactStore,
  key: ShardKey,
  attempt: number,
  { step, checkpoint }: CheckpointPointer,
): Promise<void> {
  const latest = (await records(store, key)).at(-1)?.attempt ?? attempt;
  if (latest > attempt) {
    throw new AlpacaError(
      'Superseded',
      `Attempt ${attempt} at steps ${key.fromStep} to ${key.toStep} of ${key.run} may not record its checkpoint: attempt ${latest} has taken over.`,
      { remedy: 'Nothing is lost: the later attempt goes on.' },
    );
  }
  const name = `${attemptName(attempt)}-step-${String(step).padStart(9, '0')}.json`;
  await store.writeEntryOnce(`${folder(key)}/${name}`, JSON.stringify({ step, checkpoint }));
}

interface PointerRecord {
  name: string;
  attempt: number;
  /** null where the attempt only announced itself */
  step: number | null;
}

/** By attempt, then by step, which is the order of their names. */
async function records(store: ArtifactStore, key: ShardKey): Promise<PointerRecord[]> {
  const found: PointerRecord[] = [];
  for (const name of await store.listEntries(folder(key))) {
    const [, attempt, step] = /^attempt-(\d+)(?:-step-(\d+)\.json)?$/.exec(name) ?? [];
    if (attempt) found.push({ name, attempt: Number(attempt), step: step ? Number(step) : null });
  }
  return found;
}

function attemptName(attempt: number): string {
  return `attempt-${String(attempt).padStart(15, '0')}`;
}

function folder({ run, identity, fromStep, toStep }: ShardKey): string {
  return `training/${encodeURIComponent(run)}/${identity}/steps-${fromStep}-${toStep}`;
}
