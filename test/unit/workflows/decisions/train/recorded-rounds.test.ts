import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Round, RoundSettings } from '../../../../../workflows/contracts/rounds.ts';
import type {
  MergeShardsInput,
  TrainShardInput,
  TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import { shardsOf } from '../../../../../workflows/decisions/rounds.ts';
import type { RoundsSoFar } from '../../../../../workflows/decisions/train/carried-training.ts';
import {
  type RecordedRound,
  RecordedRounds,
} from '../../../../../workflows/decisions/train/recorded-rounds.ts';
import { type RoundDriver, TrainRounds } from '../../../../../workflows/decisions/train/train-rounds.ts';
import { reference, scripted } from '../../../../workflow/scripted-activities.ts';
import { settings } from '../../../activities/train/training-settings.ts';

const three: RoundSettings = {
  ...{ workers: 3, roundSteps: 2, outer: 'average', outerLearningRate: 1, outerMomentum: 0 },
  ...{ roundUpdate: 'int8', roundMoments: 'drop', roundWeights: 'targets' },
  ...{ quorum: 1, graceSeconds: 0, lateShards: 'next-round' },
};
const work = {
  ...{ settings, run: 'run', model: reference('model', 5), tokens: reference('tokens', 9) },
  ...{ plan: reference('plan', 30), totalSteps: 30, addedTokens: [], heldOutTokens: null, best: null },
};

type Shards = Pick<RoundDriver, 'shards'>['shards'];

/** Trains all 30 steps, and gives what was merged and which shards were trained. */
async function train(
  shards: Shards,
  change: Partial<RoundSettings>,
  hooks: { beginRound?(round: Round): Promise<void>; isFull?(round: number): boolean },
) {
  const merges: MergeShardsInput[] = [];
  const trained: number[] = [];
  const driver: RoundDriver = {
    activities: () => ({
      async trainShard(input: TrainShardInput): Promise<TrainShardResult> {
        trained.push(input.fromStep);
        const record = reference('worker-record', input.fromStep, input.record?.uri);
        return { ...(await scripted.trainShard(input)), record };
      },
      async mergeShards(input: MergeShardsInput) {
        merges.push(structuredClone(input));
        return scripted.mergeShards(input);
      },
    }),
    shards,
    ...(hooks.beginRound && { beginRound: hooks.beginRound }),
  };
  let carried: RoundsSoFar | null = null;
  let rounds = new TrainRounds({ ...three, ...change }, driver, carried);
  let [step, checkpoint] = [0, null as TrainShardResult['checkpoint'] | null];
  while (step < 30) {
    if (hooks.isFull?.(merges.length)) {
      rounds.leaveOutLate();
      carried = structuredClone(rounds.soFar);
      rounds = new TrainRounds({ ...three, ...change }, driver, carried);
    }
    ({ step, checkpoint } = await rounds.next(step, { ...work, checkpoint }));
  }
  return { merges, trained };
}

/** As a merge records it. */
function recordOf({ round, workers, shards, late }: MergeShardsInput): RecordedRound {
  const ranges = shardsOf(round);
  const merged = shards.flatMap((uri, shard) => {
    const { fromStep = Number.NaN } = ranges[shard] ?? {};
    return uri === null ? [] : [{ fromStep, late: false }];
  });
  // Those that are late here are of two steps.
  const before = late.map((uri) => ({ fromStep: stepOf(uri) - 2, late: true }));
  return { fromStep: round.fromStep, toStep: round.toStep, workers, shards: [...merged, ...before] };
}

function stepOf(uri: string): number {
  return [...Array(31).keys()].find((step) => reference('checkpoint', step).uri === uri) ?? Number.NaN;
}

/** Shards that are late, by their first step, and whether they are done by the next merge. */
function lateness(late: Record<number, 'done' | 'never'>): Shards {
  return async (works) => {
    const begun = [];
    for (const each of works) {
      const result = await each();
      const becomes = late[(result as TrainShardResult).step - 2];
      const shard = { result: () => (becomes === 'done' ? result : null), leaveOut() {} };
      begun.push(becomes === undefined ? { done: result } : { late: shard });
    }
    return begun;
  };
}

describe('a training that goes by the rounds of another', () => {
  for (const [what, change, late, fullBefore] of [
    ['without late shards', {}, {}, []],
    ['with one that was merged with the next round', {}, { 2: 'done' }, []],
    ['with one that was left out of the next round too', {}, { 2: 'never', 14: 'done' }, []],
    ['with those that were left out at once', { lateShards: 'leave-out' }, { 0: 'done', 10: 'never' }, []],
    ['with one that was late where its workflow went on in a new run', {}, { 2: 'done', 12: 'done' }, [1]],
  ] as const) {
    it(`merges the same of the same workers, ${what}`, async () => {
      const first = await train(lateness(late), change, {
        isFull: (round) => fullBefore.some((full) => full === round),
      });
      const recorded = new RecordedRounds(first.merges.map(recordOf));
      const again = await train((works) => recorded.shards(works), change, {
        beginRound: (round) => recorded.beginRound(round),
        isFull: () => recorded.isFull(),
      });
      assert.deepEqual(again.merges, first.merges);
    });
  }

  it('does not train what was left out', async () => {
    const first = await train(lateness({ 2: 'never' }), {}, {});
    const recorded = new RecordedRounds(first.merges.map(recordOf));
    const { trained } = await train(
      (works) => recorded.shards(works),
      {},
      {
        beginRound: (round) => recorded.beginRound(round),
      },
    );
    assert.deepEqual(trained.slice(0, 4), [0, 4, 6, 8]);
  });

  it('ends where its rounds are others than the recorded ones', async () => {
    const { merges } = await train(lateness({}), {}, {});
    const recorded = new RecordedRounds(merges.map(recordOf));
    const other = train(
      (works) => recorded.shards(works),
      { roundSteps: 3 },
      {
        beginRound: (round) => recorded.beginRound(round),
      },
    );
    await assert.rejects(other, /^RangeError: round 1 is of the steps 0 to 9, and was recorded of 0 to 6$/);
  });
});
