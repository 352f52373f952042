import type { ArtifactReference } from '../contracts/data.ts';
import { Defect } from '../contracts/failures.ts';
import type { TrainResult } from '../contracts/train.ts';
import {
  type AskedTrainingSettings,
  type RoundWork,
  roundSettingsOf,
  type TrainActivities,
  type TrainingPlan,
  type TrainShardResult,
} from '../contracts/train-activities.ts';
import { afterShard, shardsAfter, startOf } from './shards.ts';
import type { CarriedTraining } from './train/carried-training.ts';
import { type RoundDriver, TrainRounds } from './train/train-rounds.ts';

/** What is trained, on what. */
interface Training {
  settings: AskedTrainingSettings;
  /** names the training's records in the store */
  run: string;
  model: ArtifactReference;
  tokens: ArtifactReference;
  heldOutTokens: ArtifactReference;
  /** tokens that the base model's vocabulary lacked */
  addedTokens: string[];
}

/**
 * Who does what the course asks for: a workflow by activities, the command by calls. `Loss` is a number, or
 * may be null where a driver goes without held-out rows. Hooks are told how it goes, and are waited for.
 */
export interface TrainingDriver<Loss> extends Omit<RoundDriver, 'activities'> {
  /** @param summary what the one activity that is called of them does, for a person */
  activities(summary: string): CourseActivities<Loss>;
  /** The batch plan is made, and nothing computed; what this throws ends the training. */
  planned?(totalSteps: number): void;
  /** What of the settings is out of the ordinary. */
  warned?(warning: string): void;
  measuredBefore?(loss: Loss): Promise<void>;
  /** Before each shard or round: returns when it may begin. */
  between?(): Promise<void>;
  /** True where another run of the driver is to go on. */
  isFull?(): boolean;
  /** Has another go on, and does not return. */
  goOnAnew?(carried: CarriedTraining): Promise<never>;
  /** A shard, or a round, has ended. */
  took?(trained: Omit<TrainShardResult, 'record'>): Promise<void>;
}

export type CourseActivities<Loss> = Omit<TrainActivities, 'measureLoss'> & {
  measureLoss(input: Parameters<TrainActivities['measureLoss']>[0]): Promise<{ loss: Loss }>;
};

type Trained<Loss> = Awaited<ReturnType<TrainActivities['exportModel']>> &
  Omit<TrainResult, 'tensorBoard' | 'rounds' | 'loss'> & { loss: { before: Loss; after: Loss } };

/**
 * The course of a training: a plan, the held-out loss before, shard after shard or round after round until the
 * plan is done or patience used up, the held-out loss of the last checkpoint or the best, and its model folder.
 *
 * @param carried where another run of the driver has left it; null at the beginning
 */
export async function runTraining<Loss extends number | null>(
  { settings: asked, run, model, tokens, heldOutTokens, addedTokens }: Training,
  driver: TrainingDriver<Loss>,
  carried: (CarriedTraining & { before: Loss }) | null = null,
): Promise<Trained<Loss>> {
  const planned =
    carried?.plan ??
    (await driver
      .activities('plan the batches')
      .planTraining({ settings: asked, model, tokens, addedTokens }));
  const { plan, totalSteps, parameters, learningRate, warning } = planned;
  const settings = { ...asked, learningRate };
  let soFar = carried?.soFar ?? startOf(planned);
  driver.planned?.(totalSteps);
  if (warning !== null && carried === null) driver.warned?.(warning);

  const lossOf = async (checkpoint: ArtifactReference | null, when: 'before' | 'after') => {
    const { measureLoss } = driver.activities(`held-out loss ${when} training`);
    return (await measureLoss({ model, checkpoint, tokens: heldOutTokens })).loss;
  };
  const before = carried ? carried.before : await lossOf(null, 'before');
  await driver.measuredBefore?.(before);

  const { evaluateEverySteps, exportBest, exportDtype } = settings;
  const common = {
    ...{ settings, run, model, tokens, plan, totalSteps, addedTokens },
    heldOutTokens: evaluateEverySteps === null ? null : heldOutTokens,
  };
  const several = roundSettingsOf(settings);
  const rounds = several && new TrainRounds(several, driver, carried?.rounds ?? null);
  while (soFar.step < totalSteps && soFar.stoppedEarly === null) {
    await driver.between?.();
    if (driver.isFull?.()) {
      rounds?.leaveOutLate();
      await driver.goOnAnew?.({ plan: planned, before, soFar, rounds: rounds?.soFar ?? null });
    }
    const { checkpoint, best, step } = soFar;
    const work = { ...common, checkpoint, best };
    const trained = await (rounds ? rounds.next(step, work) : nextShard(step, planned, work, driver));
    soFar = afterShard(trained);
    await driver.took?.(trained);
  }
  rounds?.leaveOutLate();

  const { best, step: steps, stoppedEarly, peakMemoryBytes } = soFar;
  const checkpoint = exportBest && best !== null ? best.checkpoint : soFar.checkpoint;
  if (checkpoint === null) throw new Defect('a batch plan has at least one shard');
  const after = await lossOf(checkpoint, 'after');
  const exported = await driver
    .activities('write the model folder')
    .exportModel({ run, model, checkpoint, steps, ...(exportDtype === 'float32' && { dtype: exportDtype }) });
  const loss = { before, after };
  return {
    ...{ ...exported, checkpoint, steps, best, stoppedEarly, peakMemoryBytes, parameters },
    ...{ learningRate, warning, loss },
  };
}

async function nextShard<Loss>(
  step: number,
  plan: TrainingPlan,
  work: RoundWork,
  driver: TrainingDriver<Loss>,
): Promise<TrainShardResult> {
  const [shard] = shardsAfter(step, plan);
  if (!shard) throw new Defect(`a batch plan has a shard from step ${step} on`);
  const { summary, ...range } = shard;
  return driver.activities(summary).trainShard({ ...work, ...range, round: null, record: null });
}
