import type { Round } from '../../../workflows/contracts/rounds.ts';
import type { MergeShardsInput } from '../../../workflows/contracts/train-activities.ts';
import { shardsOf } from '../../../workflows/decisions/rounds.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';
import type { CheckpointContent, TrainingState } from '../checkpoint/checkpoint.ts';
import { identityDigest, type TrainingIdentity } from '../checkpoint/identity.ts';
import type { HeldOutProgress } from '../early-stopping.ts';
import { readUpdate, type UpdateState } from './update.ts';

/** What a shard has handed over. */
export interface ShardUpdate {
  folder: string;
  state: UpdateState;
  /** of its folder */
  bytes: number;
  /** of the round before */
  isLate: boolean;
}

/** The digest of what a round begins with, as its updates name it. */
export function startDigest({ checkpoint, model }: Pick<MergeShardsInput, 'checkpoint' | 'model'>): string {
  return (checkpoint ?? model).sha256;
}

/**
 * The updates that a round is merged from: its own in the order of their steps, then those of the round before that
 * were late.
 *
 * @throws AlpacaError naming the shard: NotFound where its update is missing; CorruptArtifact where that is damaged;
 *   InvalidInput where it is stale, which is to say a difference to other weights than those that its round began
 *   with, or none of the round's
 */
export async function openUpdates(
  input: Pick<MergeShardsInput, 'shards' | 'late' | 'before' | 'round' | 'checkpoint' | 'model'>,
  identity: TrainingIdentity,
  store: ArtifactStore,
): Promise<ShardUpdate[]> {
  const { shards, late, before, round } = input;
  if (shards.length !== round.shards)
    throw refused(round, `it has ${round.shards} shards, and ${shards.length} are named`);
  const opened: ShardUpdate[] = [];
  for (const [index, { fromStep }] of shardsOf(round).entries()) {
    const uri = shards[index];
    if (!uri) continue;
    const expected = { fromStep, round, start: startDigest(input), identity };
    opened.push({ ...(await openUpdate(uri, expected, store)), isLate: false });
  }
  for (const uri of late) {
    if (before === null) throw refused(round, `${uri} is late of a round before it, and there is none`);
    opened.push({ ...(await openUpdate(uri, { fromStep: null, ...before, identity }, store)), isLate: true });
  }
  if (opened.length === 0) throw refused(round, 'no shard of it has an update');
  return opened;
}

interface Expected {
  /** null: any of the round's */
  fromStep: number | null;
  round: Round;
  start: string;
  identity: TrainingIdentity;
}

async function openUpdate(
  uri: string,
  { fromStep, round, start, identity }: Expected,
  store: ArtifactStore,
): Promise<Omit<ShardUpdate, 'isLate'>> {
  const whose = fromStep === null ? 'a late shard' : `the shard from step ${fromStep}`;
  const { folder, state, bytes } = await read(uri, store).catch((error) => {
    if (!(error instanceof AlpacaError)) throw error;
    const { code, message } = error;
    if (code === 'NotFound')
      throw refused(round, `the update of ${whose} is missing: the store has no ${uri}`, code);
    if (code !== 'CorruptArtifact') throw error;
    throw refused(round, `the update of ${whose} is corrupt: ${message.replace(/\.$/, '')}`, code);
  });
  const { shard } = state;
  const isOfRound =
    sameRound(shard.round, round) &&
    (fromStep ?? shard.fromStep) === shard.fromStep &&
    identityDigest(state.identity) === identityDigest(identity);
  if (!isOfRound) throw refused(round, `${uri} is not the update of ${whose}`);
  if (state.start !== start)
    throw refused(
      round,
      `the update of ${whose} is stale: it is a difference to ${state.start.slice(0, 12)}, and the round began with ${start.slice(0, 12)}`,
    );
  return { folder, state, bytes };
}

async function read(uri: string, store: ArtifactStore): Promise<Omit<ShardUpdate, 'isLate'>> {
  const { reference } = await store.readManifest({ uri });
  const folder = await store.open(reference);
  return { folder, state: await readUpdate(folder), bytes: reference.bytes };
}

/**
 * The state of what the shards are merged to. It is said to be made where the first shard was: merging is in f64 and
 * the same everywhere.
 *
 * @param tokens trained on before the round
 */
export function mergedState(
  updates: readonly ShardUpdate[],
  { toStep }: Round,
  stepsPerEpoch: number,
  tokens: number,
  heldOut: HeldOutProgress,
): Omit<CheckpointContent['state'], 'outer'> {
  const [first] = updates;
  if (!first) throw new RangeError('there is nothing to merge');
  const { identity, lora, madeOn } = first.state;
  const state: Omit<TrainingState, 'files' | 'outer'> = {
    ...{ format: 1, step: toStep, updates: 0, epoch: Math.floor(toStep / stepsPerEpoch) },
    tokens: updates.reduce((sum, update) => sum + update.state.tokens, tokens),
    ...{ heldOut, identity, madeOn },
  };
  return lora ? { ...state, lora } : state;
}

function sameRound(a: Round, b: Round): boolean {
  return a.fromStep === b.fromStep && a.toStep === b.toStep && a.shards === b.shards;
}

function refused(
  { fromStep, toStep }: Round,
  why: string,
  code: 'InvalidInput' | 'NotFound' | 'CorruptArtifact' = 'InvalidInput',
): AlpacaError {
  return new AlpacaError(
    code,
    `The round of the steps ${fromStep} to ${toStep - 1} cannot be merged: ${why}.`,
    { remedy: 'Start the training again: shards that are done are not trained again.' },
  );
}
