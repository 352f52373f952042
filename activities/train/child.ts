import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingSettings } from '../../workflows/contracts/activities.ts';
import type { LoraConfig } from '../model/adapter/lora.ts';
import { serve } from '../model/child-service.ts';
import { readModel } from '../model/folder/folder.ts';
import { readTokens } from '../tokenize/tokens.ts';
import { readCheckpoint, thisMachine, writeCheckpoint } from './checkpoint.ts';
import { checkIdentity, type TrainingIdentity } from './identity.ts';
import type { StepMetrics } from './metrics.ts';
import { parsePlan } from './plan.ts';
import { Trainer } from './trainer.ts';

/** The entry of the child process behind trainInProcess. */
export interface TrainRequest {
  settings: TrainingSettings;
  identity: TrainingIdentity;
  /** null trains all weights */
  lora: LoraConfig | null;
  modelPath: string;
  tokensPath: string;
  planPath: string;
  /** where to go on; null to begin with the base model's weights */
  checkpointPath: string | null;
  /** train until so many updates are made in all */
  toStep: number;
  /** an existing folder for checkpoints on their way into the store */
  workspace: string;
}

export type TrainEvent =
  /** `elsewhere`: the checkpoint is of another build or machine, so this is not bit-identical to no stop */
  | { kind: 'started'; step: number; elsewhere: boolean }
  | { kind: 'step'; metrics: StepMetrics }
  /** a folder that the parent takes away */
  | { kind: 'checkpoint'; step: number; path: string };

serve<TrainRequest, null, TrainEvent>(async (request, tell) => {
  const trainer = await start(request, tell);
  const { toStep, workspace, settings } = request;
  while (trainer.step < toStep) {
    await tell({ kind: 'step', metrics: trainer.runStep() });
    if (trainer.step % settings.checkpointEverySteps !== 0 && trainer.step !== toStep) continue;
    const path = join(workspace, `checkpoint-${trainer.step}`);
    await writeCheckpoint(path, trainer.checkpoint());
    await tell({ kind: 'checkpoint', step: trainer.step, path });
  }
  trainer.destroy();
  return null;
});

async function start(request: TrainRequest, tell: (event: TrainEvent) => Promise<void>): Promise<Trainer> {
  const { identity, settings, lora, planPath, checkpointPath } = request;
  const checkpoint = checkpointPath === null ? null : await readCheckpoint(checkpointPath);
  if (checkpoint && checkpointPath) checkIdentity(checkpoint.state.identity, identity, checkpointPath);
  const trainer = new Trainer({
    model: await readModel(request.modelPath),
    rows: await readTokens(request.tokensPath),
    plan: parsePlan(await readFile(planPath, 'utf8'), planPath),
    settings,
    lora,
    identity,
    checkpoint,
  });
  const elsewhere =
    checkpoint !== null && JSON.stringify(checkpoint.state.madeOn) !== JSON.stringify(thisMachine());
  await tell({ kind: 'started', step: trainer.step, elsewhere });
  return trainer;
}
