import { join } from 'node:path';
import { adaptedLayers, initializeAdapter, scaleOf } from '../../model/adapter/lora.ts';
import { EMBEDDING, HEAD, type LlamaConfig } from '../../model/folder/config.ts';
import { readConfig, weightFiles } from '../../model/folder/folder.ts';
import { readTensors, type Weight, writeTensors } from '../../model/folder/safetensors.ts';
import { rotaryFrequencies } from '../../model/llama/attention/rotary.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';
import { type HeldOutProgress, NOTHING_MEASURED, ownProgress } from '../early-stopping.ts';
import { learningRateAt } from '../plan/schedule.ts';
import type { TrainRequest } from '../process/child.ts';

/** What train.py reads. Whatever both trainers could compute is computed here, once for both. */
interface TorchRequest
  extends Pick<TrainRequest, 'settings' | 'lora' | 'workspace' | 'toStep'>,
    Record<'model' | 'tokens' | 'plan' | 'stopFile', string>,
    Record<'heldOut' | 'adapter' | 'checkpoint', string | null> {
  config: LlamaConfig;
  /** the angle per position of each pair, in radians */
  frequencies: number[];
  /** of the adapted layers, by name */
  adapters: Record<string, { rank: number; scale: number }>;
  /** of every step of the plan */
  learningRates: number[];
  /** the step to begin with */
  step: number;
  heldOutProgress: HeldOutProgress;
}

/**
 * @param state of the checkpoint to go on from; null at the base model
 * @param totalSteps of the plan
 */
export async function torchRequest(
  request: TrainRequest,
  state: TrainingState | null,
  totalSteps: number,
): Promise<TorchRequest> {
  const { settings, lora, workspace, toStep, modelPath, checkpointPath, bestStep } = request;
  const config = await readConfig(modelPath);
  return {
    ...{ settings, lora, workspace, toStep, config },
    model: modelPath,
    tokens: request.tokensPath,
    plan: request.planPath,
    heldOut: request.heldOutPath,
    checkpoint: checkpointPath,
    adapter: state === null ? await freshAdapter(request, config) : null,
    stopFile: join(workspace, 'stop'),
    frequencies: [...rotaryFrequencies(config)],
    adapters: Object.fromEntries(
      (lora ? adaptedLayers(config, lora) : []).map(({ name, rank }) => [
        name,
        { rank, scale: lora ? scaleOf(lora, name) : 0 },
      ]),
    ),
    learningRates: Array.from({ length: totalSteps }, (_, step) =>
      learningRateAt(step, totalSteps, settings),
    ),
    step: state?.step ?? 0,
    heldOutProgress: ownProgress(state?.heldOut ?? NOTHING_MEASURED, bestStep),
  };
}

/** The adapter that a training begins with, in a file; null where all weights are trained. */
async function freshAdapter(
  { lora, modelPath, workspace, settings }: TrainRequest,
  config: LlamaConfig,
): Promise<string | null> {
  if (lora === null) return null;
  const base = new Map<string, Weight>();
  const isWanted = ({ name }: { name: string }) =>
    lora.trainedTokens.length > 0 && (name === EMBEDDING || name === HEAD);
  for (const file of await weightFiles(modelPath))
    for await (const { name, ...weight } of readTensors(file, isWanted)) base.set(name, weight);
  const path = join(workspace, 'adapter.safetensors');
  const adapter = initializeAdapter(config, base, lora, settings.runSeed);
  await writeTensors(path, adapter, { dtype: 'F32', metadata: { format: 'pt' } });
  return path;
}
