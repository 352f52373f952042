import type { TrainShardInput } from '../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { TrainRequest } from './process/child.ts';

/** What a shard reads, on this machine's disk. Held-out rows are left out where nothing is measured on the way. */
export async function openTraining(
  { model, tokens, plan, heldOutTokens, settings }: TrainShardInput,
  store: ArtifactStore,
): Promise<Pick<TrainRequest, 'modelPath' | 'tokensPath' | 'heldOutPath' | 'planPath'>> {
  const heldOut = settings.evaluateEverySteps ? heldOutTokens : null;
  return {
    modelPath: await store.open(model),
    tokensPath: await store.open(tokens),
    heldOutPath: heldOut && (await store.open(heldOut)),
    planPath: await store.open(plan),
  };
}
