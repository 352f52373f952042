import type { ArtifactReference } from '../contracts/data.ts';
import type { Round } from '../contracts/rounds.ts';
import type { TrainResult } from '../contracts/train.ts';
import {
  type AskedTrainingSettings,
  type RoundWork,
  roundSettingsOf,
  type TrainActivities,
  type TrainingPlan,
  type TrainShardResult,
} from '../contracts/train-activities.ts';
import { roundsAfter, shardsOf } from './rounds.ts';
import { afterShard, shardsAfter, startOf } from './shards.ts';
import { type RoundPlace, roundName } from './training-note.ts';

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
export interface TrainingDriver<Loss> {
  /** @param summary what the one activity that is called of them does, for a person */
  activities(summary: string): CourseActivities<Loss>;
  /** Trains the shards of a round, at once or in turn, and gives their results in order. */
  shards<Result>(works: readonly (() => Promise<Result>)[]): Promise<Result[]>;
  /** The batch plan is made, and nothing computed; what this throws ends the training. */
  planned?(totalSteps: number, rounds: readonly Round[] | null): void;
  /** What of the settings is out of the ordinary. */
  warned?(warning: string): void;
  measuredBefore?(loss: Loss): Promise<void>;
  /** Before each shard or round: returns when it may begin. */
  between?(): Promise<void>;
  beginRound?(round: Round, place: RoundPlace): Promise<void>;
  /** A shard, or a round, has ended. */
  took?(trained: TrainShardResult): Promise<void>;
}

export type CourseActivities<Loss> = Omit<TrainActivities, 'measureLoss'> & {
  measureLoss(input: Parameters<TrainActivities['measureLoss']>[0]): Promise<{ loss: Loss }>;
};

type Trained<Loss> = Awaited<ReturnType<TrainActivities['exportModel']>> &
  Omit<TrainResult, 'tensorBoard' | 'loss'> & { loss: { before: Loss; after: Loss } };

/**
 * The course of a training: a plan, the held-out loss before, shard after shard or round after round until the
 * plan is done or patience used up, the held-out loss of the last checkpoint or the best, and its model folder.
 */
export async function runTraining<Loss>(
  { settings: asked, run, model, tokens, heldOutTokens, addedTokens }: Training,
  driver: TrainingDriver<Loss>,
): Promise<Trained<Loss>> {
  const planned = await driver
    .activities('plan the batches')
    .planTraining({ settings: asked, model, tokens, addedTokens });
  const { plan, totalSteps, parameters, learningRate, warning } = planned;
  const settings = { ...asked, learningRate };
  let soFar = startOf(planned);
  const several = roundSettingsOf(settings);
  const rounds = several && [...roundsAfter(soFar.step, totalSteps, several)];
  driver.planned?.(totalSteps, rounds);
  if (warning !== null) driver.warned?.(warning);

  const lossOf = async (checkpoint: ArtifactReference | null, when: 'before' | 'after') => {
    const { measureLoss } = driver.activities(`held-out loss ${when} training`);
    return (await measureLoss({ model, checkpoint, tokens: heldOutTokens })).loss;
  };
  const before = await lossOf(null, 'before');
  await driver.measuredBefore?.(before);

  const { evaluateEverySteps, exportBest } = settings;
  const common = {
    ...{ settings, run, model, tokens, plan, totalSteps, addedTokens },
    heldOutTokens: evaluateEverySteps === null ? null : heldOutTokens,
  };
  for (const train of rounds ? byRounds(rounds, driver) : byShards(soFar.step, planned, driver)) {
    await driver.between?.();
    const { checkpoint, best } = soFar;
    const trained = await train({ ...common, checkpoint, best });
    soFar = afterShard(trained);
    await driver.took?.(trained);
    if (soFar.stoppedEarly !== null) break;
  }

  const { best, step: steps, stoppedEarly, peakMemoryBytes } = soFar;
  const checkpoint = exportBest && best !== null ? best.checkpoint : soFar.checkpoint;
  if (checkpoint === null) throw new RangeError('a batch plan has at least one shard');
  const after = await lossOf(checkpoint, 'after');
  const exported = await driver
    .activities('write the model folder')
    .exportModel({ run, model, checkpoint, steps });
  const loss = { before, after };
  return {
    ...{ ...exported, checkpoint, steps, best, stoppedEarly, peakMemoryBytes, parameters },
    ...{ learningRate, warning, loss },
  };
}

/** What is trained before the training can be left and gone on with again: a shard, or a round. */
type Stretch = (work: RoundWork) => Promise<TrainShardResult>;

function byShards<Loss>(step: number, plan: TrainingPlan, driver: TrainingDriver<Loss>): Stretch[] {
  return [...shardsAfter(step, plan)].map(({ summary, ...range }) => {
    return (work) => driver.activities(summary).trainShard({ ...work, ...range, round: null });
  });
}

/** The shards of a round start from one checkpoint, and a merge makes the next one of what they end with. */
function byRounds<Loss>(rounds: readonly Round[], driver: TrainingDriver<Loss>): Stretch[] {
  return rounds.map((round, index) => async (work) => {
    const place = { number: index + 1, of: rounds.length, shards: round.shards };
    await driver.beginRound?.(round, place);
    const name = roundName(place);
    const trained = await driver.shards(
      shardsOf(round).map(({ fromStep, toStep }, shard) => {
        const summary = `${name}, shard ${shard + 1} of ${round.shards}: steps ${fromStep} to ${toStep - 1}`;
        return () => driver.activities(summary).trainShard({ ...work, fromStep, toStep, round });
      }),
    );
    const shards = trained.map(({ checkpoint }) => checkpoint.uri);
    return driver
      .activities(`${name}: merge ${shards.length} shards`)
      .mergeShards({ ...work, round, shards });
  });
}
