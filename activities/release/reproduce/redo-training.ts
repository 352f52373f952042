import { trainingSettingsOf } from '../../../workflows/contracts/train-activities.ts';
import type { CarriedTraining } from '../../../workflows/decisions/train/carried-training.ts';
import { RecordedRounds } from '../../../workflows/decisions/train/recorded-rounds.ts';
import { type CourseActivities, runTraining } from '../../../workflows/decisions/training-course.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import { readState } from '../../train/checkpoint/checkpoint.ts';
import { differenceOf, thisMachine } from '../../train/checkpoint/machine.ts';
import { exportModel } from '../../train/export-model.ts';
import { planTraining } from '../../train/plan/plan-training.ts';
import { KeptProcess } from '../../train/process/process.ts';
import { mergeShards } from '../../train/round/merge-shards.ts';
import { readRounds } from '../../train/round/round-record.ts';
import { trainShard } from '../../train/shard.ts';
import { type Finding, notCheckable, unequal, unless } from './claims.ts';
import type { PipelineRun } from './pipeline-run.ts';

/** Records of the run itself are in the store that is read: of another name they are not found. */
const RUN = 'reproduce';

/** The weights follow from tokens, base model and settings: trained again, where that gives the same bits. */
export async function redoTraining(
  { settings, tokenize, train }: Pick<PipelineRun, 'settings' | 'tokenize' | 'train'>,
  store: ArtifactStore,
  attempt: Attempt,
): Promise<Finding> {
  if (tokenize === null || train === null) return notCheckable('the run trained no model');
  const { runSeed, train: chosen } = settings;
  if (chosen.engine !== 'tensorflow')
    return notCheckable(`the engine ${chosen.engine} does not promise the same bits`);
  const { madeOn } = await readState(await store.open(train.checkpoint));
  const elsewhere = differenceOf(madeOn, thisMachine());
  if (elsewhere !== null) return notCheckable(`it was trained on another machine: ${elsewhere}`);
  const rounds = train.rounds && (await readRounds(await store.open(train.rounds)));
  const again = await trainAgain(
    { settings: trainingSettingsOf({ runSeed, ...chosen }), run: RUN, ...tokenize },
    new RecordedRounds(rounds ?? []),
    store,
    attempt,
  );
  const late = rounds?.flatMap(({ shards }) => shards.filter(({ late }) => late)).length ?? 0;
  const how =
    rounds === null ? '' : ` in ${rounds.length} rounds, with ${late} late shards as they were late`;
  return unless(
    unequal([
      ['optimizer steps', again.steps, train.steps],
      ['the digest of the checkpoint', again.checkpoint.sha256, train.checkpoint.sha256],
      ['the digest of the model', again.model.sha256, train.model.sha256],
    ]),
    `${again.steps} steps trained again${how}, byte for byte`,
  );
}

/** The run of its workflow that ended there, and was gone on with in another. */
class GoneOn {
  readonly carried: CarriedTraining;

  constructor(carried: CarriedTraining) {
    this.carried = carried;
  }
}

/** The course that the workflow went through, here, one shard after another. Nothing is measured beside it. */
async function trainAgain(
  training: Parameters<typeof runTraining>[0],
  recorded: RecordedRounds,
  store: ArtifactStore,
  attempt: Attempt,
) {
  const kept = new KeptProcess();
  const deps = { store, kept };
  const activities: CourseActivities<null> = {
    planTraining: (input) => planTraining(input, deps),
    trainShard: (input) => trainShard(input, deps, attempt, 1),
    mergeShards: (input) => mergeShards(input, deps, attempt, 1),
    measureLoss: async () => ({ loss: null }),
    exportModel: (input) => exportModel(input, deps),
  };
  const driver = {
    activities: () => activities,
    beginRound: (round: Parameters<RecordedRounds['beginRound']>[0]) => recorded.beginRound(round),
    shards: <Result>(works: readonly (() => Promise<Result>)[]) => recorded.shards(works),
    isFull: () => recorded.isFull(),
    async goOnAnew(carried: CarriedTraining): Promise<never> {
      throw new GoneOn(carried);
    },
  };
  try {
    for (let carried: CarriedTraining | null = null; ; ) {
      try {
        return await runTraining(training, driver, carried && { ...carried, before: null });
      } catch (error) {
        if (!(error instanceof GoneOn)) throw error;
        ({ carried } = error);
      }
    }
  } finally {
    await kept.end();
  }
}
