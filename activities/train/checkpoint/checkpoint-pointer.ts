import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ArtifactReference, artifactReference } from '../../../workflows/contracts/data.ts';
import type { ShardOfRound } from '../../../workflows/contracts/rounds.ts';
import { bestCheckpoint } from '../../../workflows/contracts/train.ts';
import type { StepRange } from '../../../workflows/decisions/rounds.ts';
import { entryName } from '../../artifacts/entry-name.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';

/** A training: what its records are kept under. */
export interface TrainingKey {
  run: string;
  /** digest of the training's identity: a run that is started again with other data has pointers of its own */
  identity: string;
  /** of a shard that is trained beside others: what its own records are kept under */
  part?: string;
}

/** A range of steps of one training: what attempts work on, one after another. */
export interface ShardKey extends TrainingKey, StepRange {}

/**
 * A shard of a round keeps records of its own, since a higher step is no later one there.
 *
 * @param from what it goes on from: the checkpoint of the round, and its worker's record
 */
export function shardOfRoundKey(
  { run, identity }: TrainingKey,
  { fromStep, round }: ShardOfRound,
  toStep: number,
  from: readonly (ArtifactReference | null)[],
): ShardKey {
  // A run that was reset may come to the same steps from elsewhere, since other shards were late.
  const origin = createHash('sha256').update(JSON.stringify(from.map((each) => each?.sha256 ?? '')));
  const part = `${roundPart(round)}/shard-${fromStep}-${origin.digest('hex').slice(0, 16)}`;
  return { run, identity, part, fromStep, toStep };
}

/** Beneath a training: what the shards of a round keep. */
export function roundPart({ fromStep, toStep }: StepRange): string {
  return `round-${fromStep}-${toStep}`;
}

const pointer = z.strictObject({
  step: z.int(),
  checkpoint: artifactReference,
  /** the best so far, where held-out loss is measured on the way */
  best: bestCheckpoint.nullable(),
  /** with several workers: what goes with a merged checkpoint, or what a shard left for its worker's next one */
  beside: z.array(artifactReference).optional(),
});
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
  const last = (await recordsIn(store, key, shardFolder(key))).findLast(({ step }) => step !== null);
  return last ? readPointer(store, last) : null;
}

/**
 * Announces an attempt: from here on its predecessors may record nothing.
 *
 * @param from the uri of the checkpoint that it may go on from, which whoever made it is to keep
 */
export async function claimShard(
  store: ArtifactStore,
  key: ShardKey,
  attempt: number,
  from: string | null = null,
): Promise<void> {
  await store.writeEntryOnce(`${shardFolder(key)}/${attemptName(attempt)}`, JSON.stringify({ from }));
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
  found: CheckpointPointer,
): Promise<void> {
  const latest = await latestAttempt(store, key);
  if (latest > attempt) {
    throw new AlpacaError(
      'Superseded',
      `Attempt ${attempt} at steps ${key.fromStep} to ${key.toStep} of ${key.run} may not record its checkpoint: attempt ${latest} has taken over.`,
      { remedy: 'Nothing is lost: the later attempt goes on.' },
    );
  }
  const name = `${attemptName(attempt)}-step-${String(found.step).padStart(9, '0')}.json`;
  await store.writeEntryOnce(`${shardFolder(key)}/${name}`, JSON.stringify(found));
}

/** The attempt that has the shard; 0 where none has announced itself. */
export async function latestAttempt(store: ArtifactStore, key: ShardKey): Promise<number> {
  return (await recordsIn(store, key, shardFolder(key))).at(-1)?.attempt ?? 0;
}

export interface PointerRecord {
  /** its name among the store's entries */
  path: string;
  fromStep: number;
  toStep: number;
  attempt: number;
  /** null where the attempt only announced itself */
  step: number | null;
}

/** The records of all shards of a training, in the order in which they count. */
export function recordsOfTraining(store: ArtifactStore, key: TrainingKey): Promise<PointerRecord[]> {
  return recordsIn(store, key, trainingFolder(key));
}

/** What a record points to; null for an announcement, and where it was removed meanwhile. */
export async function readPointer(
  store: ArtifactStore,
  { path, step }: PointerRecord,
): Promise<CheckpointPointer | null> {
  const content = step === null ? null : await store.readEntry(path);
  return content && pointer.parse(JSON.parse(content.toString('utf8')));
}

/** Beneath the store's entries: what trainings keep. */
export const TRAININGS = 'training';

async function recordsIn(store: ArtifactStore, key: TrainingKey, folder: string): Promise<PointerRecord[]> {
  const found: PointerRecord[] = [];
  const own = trainingFolder(key).length;
  for (const name of await store.listEntries(folder)) {
    const path = `${folder}/${name}`;
    const [, fromStep, toStep, attempt, step] =
      /^\/steps-(\d+)-(\d+)\/attempt-(\d+)(?:-step-(\d+)\.json)?$/.exec(path.slice(own)) ?? [];
    if (!attempt) continue;
    found.push({
      path,
      fromStep: Number(fromStep),
      toStep: Number(toStep),
      attempt: Number(attempt),
      step: step ? Number(step) : null,
    });
  }
  // An attempt announces itself before it has anything to point to.
  return found.sort(
    (a, b) => a.fromStep - b.fromStep || a.attempt - b.attempt || (a.step ?? -1) - (b.step ?? -1),
  );
}

/** The entries of a training, those of its parts among them. */
export function trainingFolder({ run, identity, part }: TrainingKey): string {
  const whole = `${TRAININGS}/${entryName(run)}/${identity}`;
  return part === undefined ? whole : `${whole}/${part}`;
}

function shardFolder(key: ShardKey): string {
  return `${trainingFolder(key)}/steps-${key.fromStep}-${key.toStep}`;
}

function attemptName(attempt: number): string {
  return `attempt-${String(attempt).padStart(15, '0')}`;
}
