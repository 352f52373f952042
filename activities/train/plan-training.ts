import type { TrainActivities, TrainingPlan } from '../../workflows/contracts/activities.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { countAdapterParameters } from '../model/adapter/lora.ts';
import { countParameters } from '../model/folder/config.ts';
import { readConfig } from '../model/folder/folder.ts';
import { readTokens } from '../tokenize/tokens.ts';
import { loraOf } from './method.ts';
import { planBatches, serializePlan } from './plan.ts';

/** Makes and stores the batch plan of a whole run. */
export async function planTraining(
  { settings, model, tokens, addedTokens }: Parameters<TrainActivities['planTraining']>[0],
  { store }: { store: ArtifactStore },
): Promise<TrainingPlan> {
  const modelPath = await store.open(model);
  const config = await readConfig(modelPath);
  const lora = await loraOf(settings, addedTokens, modelPath);
  const rows = await readTokens(await store.open(tokens));
  const { runSeed, epochs, globalBatch, microBatch, shardsPerEpoch } = settings;
  const plan = planBatches({
    seed: runSeed,
    lengths: rows.map(({ inputIds }) => inputIds.length),
    epochs,
    globalBatch,
    microBatch,
    shardsPerEpoch,
  });
  const stored = await store.putFile('batch-plan', 'plan.json', serializePlan(plan), {
    rows: plan.totalSteps,
    madeBy: 'train',
    madeFrom: { tokens: tokens.uri },
    settings: { runSeed, epochs, globalBatch, microBatch, shardsPerEpoch },
  });
  const { totalSteps, boundaries } = plan;
  return {
    plan: stored,
    totalSteps,
    boundaries,
    parameters: lora ? countAdapterParameters(config, lora) : countParameters(config),
  };
}
