import type { StepRange } from '../../../workflows/decisions/rounds.ts';
import { type ArtifactStore, isStored } from '../../artifacts/store.ts';
import { artifactDigests } from '../../artifacts/uri.ts';
import {
  type CheckpointPointer,
  type PointerRecord,
  readPointer,
  recordsOfTraining,
  roundPart,
  TRAININGS,
  type TrainingKey,
  trainingFolder,
} from './checkpoint-pointer.ts';

/**
 * Deletes the checkpoints that a training has left behind: all but the latest `keep` and the best. They are
 * its own working state; one that anything else points to stays, such as another run's that goes on from it.
 *
 * The record goes before what it points to, so that none ever points to nothing, but for the last record of
 * a finished shard: that stays, and says that the shard is done.
 */
export async function deleteSuperseded(store: ArtifactStore, key: TrainingKey, keep: number): Promise<void> {
  const found = await pointersOf(store, key);
  const best = found.at(-1)?.pointer.best?.checkpoint.sha256;
  const latest = new Set(found.slice(Math.max(0, found.length - keep)).map(digestIn));
  const superseded = found.filter(({ pointer: { checkpoint } }) => {
    return checkpoint.sha256 !== best && !latest.has(checkpoint.sha256);
  });
  const gone: CheckpointPointer[] = [];
  for (const { record, pointer } of superseded) {
    const isAnswer = record.step === record.toStep;
    if (!isAnswer) await store.removeEntries(record.path);
    if (await isStored(store, pointer.checkpoint)) gone.push(pointer);
  }
  if (gone.length === 0) return;
  const others = await digestsOfOthers(store, key);
  for (const { checkpoint, beside = [] } of gone) {
    // What a shard leaves for its worker outlives it.
    const all = key.part === undefined ? [checkpoint, ...beside] : [checkpoint];
    for (const artifact of all) if (!others.has(artifact.sha256)) await store.remove(artifact);
  }
}

/**
 * Deletes the checkpoints and updates of a round's shards; their last records say that they are done.
 *
 * @param isOver of the shard from a step; one that is late may be trained still
 */
export async function deleteShards(
  store: ArtifactStore,
  training: TrainingKey,
  round: StepRange,
  isOver: (fromStep: number) => boolean = () => true,
): Promise<void> {
  const folder = roundPart(round);
  const names = await store.listEntries(`${trainingFolder(training)}/${folder}`);
  for (const shard of new Set(names.map((name) => name.split('/')[0]))) {
    const fromStep = Number(shard?.split('-')[1]);
    if (isOver(fromStep)) await deleteSuperseded(store, { ...training, part: `${folder}/${shard}` }, 0);
  }
}

function digestIn({ pointer }: { pointer: CheckpointPointer }): string {
  return pointer.checkpoint.sha256;
}

async function pointersOf(
  store: ArtifactStore,
  key: TrainingKey,
): Promise<{ record: PointerRecord; pointer: CheckpointPointer }[]> {
  const found = [];
  for (const record of await recordsOfTraining(store, key)) {
    const pointer = await readPointer(store, record);
    if (pointer) found.push({ record, pointer });
  }
  return found;
}

/** What the records of every other training name: checkpoints that they have, and that they began from. */
async function digestsOfOthers(store: ArtifactStore, own: TrainingKey): Promise<Set<string>> {
  const ownFolder = `${trainingFolder(own)}/`;
  const digests = new Set<string>();
  for (const name of await store.listEntries(TRAININGS)) {
    if (`${TRAININGS}/${name}`.startsWith(ownFolder) || !name.includes('/steps-')) continue;
    const content = await store.readEntry(`${TRAININGS}/${name}`);
    for (const digest of artifactDigests(content?.toString('utf8') ?? '')) digests.add(digest);
  }
  return digests;
}
