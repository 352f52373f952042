import type { Round } from '../../../workflows/contracts/rounds.ts';
import type { MergeShardsInput } from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { AlpacaError } from '../../errors.ts';
import { type CheckpointContent, type TrainingState, verifiedState } from '../checkpoint/checkpoint.ts';
import { identityDigest, type TrainingIdentity } from '../checkpoint/identity.ts';
import type { HeldOutProgress } from '../early-stopping.ts';

/** What a shard of a round ended with. */
export interface ShardCheckpoint {
  folder: string;
  state: TrainingState;
  /** that the shard made: how much it weighs */
  steps: number;
}

/**
 * The checkpoints that a round's shards ended with, in the order of their steps.
 *
 * @throws AlpacaError InvalidInput where they are not the whole round, or of another training
 */
export async function openShards(
  { shards, round }: Pick<MergeShardsInput, 'shards' | 'round'>,
  identity: TrainingIdentity,
  store: ArtifactStore,
): Promise<ShardCheckpoint[]> {
  const opened: ShardCheckpoint[] = [];
  let step = round.fromStep;
  for (const uri of shards) {
    const folder = await store.open(await store.resolve(uri, 'checkpoint'));
    const state = await verifiedState(folder);
    const isNext = state.shard?.fromStep === step && sameRound(state.shard.round, round);
    if (!isNext || state.step <= step || identityDigest(state.identity) !== identityDigest(identity))
      throw notOfRound(uri, round, step);
    opened.push({ folder, state, steps: state.step - step });
    step = state.step;
  }
  const last = opened.at(-1);
  if (step !== round.toStep || !last) throw notOfRound('what is missing', round, step);
  return opened;
}

/**
 * The state of what the shards are merged to.
 *
 * Its updates are those of the shard that made the most: shards differ by one at most, and in a last round
 * only. It is said to be made where the first shard was: merging is in f64 and the same everywhere.
 *
 * @param before of the checkpoint that the round began with; null where that was the base model
 */
export function mergedState(
  shards: readonly ShardCheckpoint[],
  before: Pick<TrainingState, 'tokens'> | null,
  heldOut: HeldOutProgress,
): CheckpointContent['state'] {
  const [first, last] = [shards[0]?.state, shards.at(-1)?.state];
  if (!first || !last) throw new RangeError('there is nothing to merge');
  const tokens = before?.tokens ?? 0;
  const updates = Math.max(...shards.map(({ state }) => state.updates ?? state.step));
  return {
    format: 1,
    step: last.step,
    ...(updates !== last.step && { updates }),
    epoch: last.epoch,
    tokens: shards.reduce((sum, { state }) => sum + state.tokens - tokens, tokens),
    heldOut,
    identity: first.identity,
    ...(first.lora && { lora: first.lora }),
    madeOn: first.madeOn,
  };
}

function sameRound(a: Round, b: Round): boolean {
  return a.fromStep === b.fromStep && a.toStep === b.toStep && a.shards === b.shards;
}

function notOfRound(what: string, { fromStep, toStep }: Round, step: number): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    `The round of the steps ${fromStep} to ${toStep - 1} cannot be merged: ${what} is not its shard from step ${step}.`,
    { remedy: 'Start the training again: shards that are done are not trained again.' },
  );
}
