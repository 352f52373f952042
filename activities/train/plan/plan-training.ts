import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type {
  AskedTrainingSettings,
  TrainActivities,
  TrainingPlan,
} from '../../../workflows/contracts/train-activities.ts';
import { learningRateOf } from '../../../workflows/decisions/train/learning-rate.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { type Attempt, unwatched } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { countAdapterParameters } from '../../model/adapter/lora.ts';
import { checkExample } from '../../model/example.ts';
import { countParameters } from '../../model/folder/config.ts';
import { hasRandomWeights, readConfig } from '../../model/folder/folder.ts';
import { readTokens } from '../../tokenize/tokens.ts';
import { readWholeState } from '../checkpoint/whole-state.ts';
import { type DeviceMemory, memoryForEach } from '../memory-plan/device-memory.ts';
import { checkFits, memoryJobOf } from '../memory-plan/fit.ts';
import { checkAgreement, checkRounds } from './agreeing-settings.ts';
import { checkPatterns, loraOf } from './method.ts';
import { planBatches, serializePlan } from './plan.ts';

interface Deps {
  store: ArtifactStore;
  /** what a training process here may use; without it nobody asks whether the training fits */
  askMemory?: () => Promise<DeviceMemory>;
}

/**
 * Makes and stores the batch plan of a whole run.
 *
 * @throws AlpacaError InvalidInput where settings would do nothing, or this machine has not the memory for the
 *   run: before any weights are read
 */
export async function planTraining(
  { settings, model, tokens, addedTokens }: Parameters<TrainActivities['planTraining']>[0],
  { store, askMemory }: Deps,
  { signal }: Attempt = unwatched,
): Promise<TrainingPlan> {
  checkAgreement(settings);
  const modelPath = await store.open(model);
  const config = await readConfig(modelPath);
  const lora = await loraOf(settings, addedTokens, modelPath);
  if (lora) checkPatterns(config, lora);
  const { learningRate, warning } = learningRateOf(settings, await hasRandomWeights(modelPath));
  const rows = await readTokens(await store.open(tokens));
  const tooLong = rows.find(({ inputIds }) => inputIds.length > config.maxPositions);
  if (tooLong) checkExample(tooLong, config, `Row ${tooLong.row} of the data`);
  const { runSeed, epochs, globalBatch, microBatch, shardsPerEpoch, engine } = settings;
  const packedLength = settings.packing ? settings.packedLength : null;
  const plan = planBatches({
    seed: runSeed,
    lengths: rows.map(({ inputIds }) => inputIds.length),
    epochs,
    globalBatch,
    microBatch,
    shardsPerEpoch,
    packedLength,
  });
  if (askMemory) {
    const job = memoryJobOf({ config, lora, settings, plan, rows });
    if (settings.engine === 'tensorflow') checkFits(job, await askMemory());
    else if (settings.engine === 'torchrun') checkFits(job, memoryForEach(settings.processes), settings);
  }
  const stored = await store.putFile('batch-plan', 'plan.json', serializePlan(plan), {
    rows: plan.totalSteps,
    madeBy: 'train',
    madeFrom: { tokens: tokens.uri },
    settings: { runSeed, epochs, globalBatch, microBatch, shardsPerEpoch, packedLength },
  });
  const { totalSteps, boundaries } = plan;
  const start = await startOf(settings, totalSteps, store, signal);
  checkRounds(settings, totalSteps - (start?.step ?? 0));
  return {
    plan: stored,
    totalSteps,
    // A command goes through all of its training at once.
    boundaries: engine === 'command' ? [0, totalSteps] : boundaries,
    ...{ learningRate, warning },
    parameters: lora ? countAdapterParameters(config, lora) : countParameters(config),
    start,
  };
}

/**
 * The checkpoint to go on from, and its step; whether it fits is checked where it is loaded.
 *
 * @throws AlpacaError InvalidInput where it leaves nothing to do
 */
async function startOf(
  { continueFrom, engine }: Pick<AskedTrainingSettings, 'continueFrom' | 'engine'>,
  totalSteps: number,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<{ checkpoint: ArtifactReference; step: number } | null> {
  if (continueFrom === null) return null;
  const checkpoint = await store.resolve(continueFrom, 'checkpoint', undefined, signal);
  const { step, madeOn } = await readWholeState(await store.open(checkpoint), checkpoint.uri);
  const made = 'torch' in madeOn ? 'torchrun' : 'command' in madeOn ? 'command' : 'tensorflow';
  if (made !== engine)
    throw new AlpacaError(
      'InvalidInput',
      `The checkpoint ${checkpoint.uri} was made by the engine ${made}, and this training’s is ${engine}: its moments are in another form.`,
      { remedy: `Set engine ${made}, or begin with the model that the other run has exported.` },
    );
  if (step < totalSteps) return { checkpoint, step };
  throw new AlpacaError(
    'InvalidInput',
    `The checkpoint ${checkpoint.uri} was made after ${step} steps, and this training has ${totalSteps}.`,
    { remedy: 'Train for more epochs, or name an earlier checkpoint.' },
  );
}
