import { rm } from 'node:fs/promises';
import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { identify } from '../checkpoint/stored-identity.ts';
import { openTraining } from '../open-training.ts';
import { type Gather, meet } from './rendezvous.ts';
import { type TrainingPrograms, trainByTorchrun } from './torchrun.ts';

/**
 * Trains a shard as another node of it than the first: on the same steps, from the checkpoint that the first node names.
 * Nothing of it is recorded here; its part of a checkpoint goes to the first node.
 *
 * @throws AlpacaError as `trainByTorchrun`; the signal's reason where that came before the others
 */
export async function joinShard(
  input: TrainShardInput,
  {
    store,
    saveWithinMs,
    programs,
    gather,
  }: { store: ArtifactStore; saveWithinMs: number; programs: TrainingPrograms; gather: Gather },
  attempt: Attempt,
): Promise<void> {
  const { node, run, settings, toStep } = input;
  if (!node) throw new RangeError('a shard that others train names which of them');
  const { identity, lora } = await identify(input, store);
  const opened = await openTraining(input, store);
  attempt.report({ done: 0, total: toStep, unit: 'steps', note: 'waits for the other GPU workers' });
  const nothing = { checkpoint: null, bestStep: null };
  const meeting = await meet(node, nothing, { gather, address: programs.address, attempt });
  const { checkpoint, bestStep } = meeting;
  const workspace = await store.workspace('training');
  try {
    await trainByTorchrun(
      {
        ...{ run, settings, identity, lora, ...opened, bestStep, toStep, workspace, meeting },
        checkpointPath: checkpoint && (await store.open(checkpoint)),
        ...{ recordPath: null, shard: null, allowChanged: settings.allowChanged },
      },
      attempt,
      async () => {},
      saveWithinMs,
      programs,
    );
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
