import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RoundSettings } from '../../../../../workflows/contracts/rounds.ts';
import type {
  MergeShardsInput,
  TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import type { BegunShard, Patience } from '../../../../../workflows/decisions/train/train-rounds.ts';
import { TrainRounds } from '../../../../../workflows/decisions/train/train-rounds.ts';
import { reference, scripted } from '../../../../workflow/scripted-activities.ts';
import { settings } from '../../../activities/train/training-settings.ts';

const three: RoundSettings = {
  ...{ workers: 3, roundSteps: 2, outer: 'average', outerLearningRate: 0.7, outerMomentum: 0.9 },
  ...{ roundUpdate: 'int8', roundMoments: 'drop', roundWeights: 'targets' },
  ...{ quorum: 2, graceSeconds: 30, lateShards: 'next-round' },
};
const work = {
  ...{ settings, run: 'run', model: reference('model', 5), tokens: reference('tokens', 9) },
  ...{ plan: reference('plan', 30), totalSteps: 30, addedTokens: [], heldOutTokens: null, best: null },
};

/** What each round was asked for, and what became of it; `late` says of a shard by its first step what it comes to. */
async function run(change: Partial<RoundSettings>, late: Record<number, 'done' | 'never'>, count: number) {
  const seen: unknown[] = [];
  const leftOut: number[] = [];
  const merges: MergeShardsInput[] = [];
  const given: Patience[] = [];
  const driver = {
    activities: () => ({
      trainShard: async (input: Parameters<typeof scripted.trainShard>[0]): Promise<TrainShardResult> => ({
        ...(await scripted.trainShard(input)),
        record: reference('worker-record', input.fromStep),
      }),
      async mergeShards(input: MergeShardsInput) {
        merges.push(input);
        return scripted.mergeShards(input);
      },
    }),
    async shards<Result>(works: readonly (() => Promise<Result>)[], patience: Patience) {
      given.push(patience);
      const begun: BegunShard<Result>[] = [];
      for (const each of works) {
        const result = await each();
        const step = (result as TrainShardResult).step - 2;
        const becomes = late[step];
        const shard = { result: () => (becomes === 'done' ? result : null), leaveOut() {} };
        begun.push(becomes === undefined ? { done: result } : { late: shard });
      }
      return begun;
    },
    leftOut: ({ fromStep }: { fromStep: number }) => void leftOut.push(fromStep),
  };
  const rounds = new TrainRounds({ ...three, ...change }, driver, null);
  let [step, checkpoint] = [0, null as TrainShardResult['checkpoint'] | null];
  for (let round = 0; round < count; round += 1) {
    const merged = await rounds.next(step, { ...work, checkpoint });
    ({ step, checkpoint } = merged);
    const { shards, late: merging } = merges.at(-1) ?? { shards: [], late: [] };
    seen.push([step, shards.map(rowsOf), merging.map(rowsOf)]);
  }
  return { seen, leftOut, merges, given };
}

/** The step that a shard ended with, as its update's reference has it. */
function rowsOf(uri: string | null): number | null {
  const rows = [...Array(31).keys()].find((step) => reference('checkpoint', step).uri === uri);
  return uri === null ? null : (rows ?? Number.NaN);
}

describe('the rounds of several workers', () => {
  it('are merged of all shards where none is late', async () => {
    const { seen, leftOut, given } = await run({}, {}, 2);
    assert.deepEqual(seen, [
      [6, [2, 4, 6], []],
      [12, [8, 10, 12], []],
    ]);
    assert.deepEqual(leftOut, []);
    assert.deepEqual(given[0], { quorum: 2, graceSeconds: 30 });
  });

  it('count a late shard in the next round, which its worker takes no other shard of', async () => {
    const { seen, merges } = await run({}, { 2: 'done' }, 3);
    assert.deepEqual(seen, [
      [6, [2, null, 6], []],
      [10, [8, 10], [4]],
      [16, [12, 14, 16], []],
    ]);
    assert.deepEqual(merges[1]?.before, {
      round: { fromStep: 0, toStep: 6, shards: 3 },
      start: work.model.sha256,
    });
  });

  it('leave a shard out that is late for the next round too', async () => {
    const { seen, leftOut } = await run({}, { 2: 'never' }, 3);
    assert.deepEqual(seen, [
      [6, [2, null, 6], []],
      [10, [8, 10], []],
      [16, [12, 14, 16], []],
    ]);
    assert.deepEqual(leftOut, [2]);
  });

  it('leave it out at once where that is asked for, and its worker goes on', async () => {
    const { seen, leftOut } = await run({ lateShards: 'leave-out' }, { 2: 'done' }, 2);
    assert.deepEqual(seen, [
      [6, [2, null, 6], []],
      [12, [8, 10, 12], []],
    ]);
    assert.deepEqual(leftOut, [2]);
  });

  it('leave out what is late in the last round: nothing is merged after it', async () => {
    const { seen, leftOut } = await run({}, { 26: 'done' }, 5);
    assert.deepEqual(seen.at(-1), [30, [26, null, 30], []]);
    assert.deepEqual(leftOut, [26]);
  });

  it('ask for no more of a quorum than a round has shards', async () => {
    const { given } = await run({ quorum: 3 }, { 2: 'done' }, 2);
    assert.deepEqual(
      given.map(({ quorum }) => quorum),
      [3, 2],
    );
  });

  it('tell the merge which of what workers have left is needed no more', async () => {
    const { merges } = await run({}, { 2: 'done' }, 3);
    const uri = (step: number) => reference('worker-record', step).uri;
    assert.deepEqual(
      merges.map(({ records }) => records),
      [
        { superseded: [], current: [uri(0), uri(4)] },
        { superseded: [uri(0), uri(4)], current: [uri(6), uri(2), uri(8)] },
        { superseded: [uri(6), uri(2), uri(8)], current: [uri(10), uri(12), uri(14)] },
      ],
    );
  });
});
