import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { readCheckpoint } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../../activities/train/measure-loss.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type {
  MergeShardsInput,
  TrainingSettings,
} from '../../../../../workflows/contracts/train-activities.ts';
import { killAt, shardInput, type Training, tinyTraining, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { firstRound, rounds, trainRounds } from './tiny-rounds.ts';

describe('a round of two workers', () => {
  it('ends with exactly the average of its two shards, moments too', async (test) => {
    const training = await tinyTraining(test);
    // One epoch has 5 steps: shards of 3 and 2, in one round.
    const { work, ends } = await firstRound(training, { ...rounds, epochs: 1, roundSteps: 50 }, 'run');
    const [first, second] = [await open(training, ends[0]), await open(training, ends[1])];
    const merged = await mergeShards(work, training, unwatched, 1);
    const found = await open(training, merged.checkpoint);
    for (const part of [
      (of: typeof found) => of.weights,
      (of: typeof found) => of.moments.first,
      (of: typeof found) => of.moments.second,
    ])
      assertMean(part(found), [part(first), 3], [part(second), 2]);
    assert.deepEqual(
      [first, second, found].map(({ state: { step, updates, shard } }) => [step, updates, shard?.fromStep]),
      [
        [3, undefined, 0],
        [5, 2, 3],
        [5, 3, undefined],
      ],
    );
    assert.equal(found.state.tokens, first.state.tokens + second.state.tokens);
    assert.equal(merged.step, 5);
  });

  it('has a first shard that learns what one worker alone would, under a constant learning rate', async (test) => {
    const training = await tinyTraining(test);
    const constant = { schedule: 'constant', warmupRatio: 0, epochs: 1 } as const;
    const { ends } = await firstRound(training, { ...rounds, ...constant, roundSteps: 50 }, 'several');
    const alone = await trainShard(
      { ...(await shardInput(training, { ...settings, ...constant }, 'alone')), toStep: 3 },
      training,
      unwatched,
      1,
    );
    const [shard, single] = [await open(training, ends[0]), await open(training, alone.checkpoint)];
    assert.deepEqual(shard.weights, single.weights);
    assert.deepEqual(shard.moments, single.moments);
  });

  it('is merged once: who asks again is told the same, although the shards’ checkpoints are gone', async (test) => {
    const training = await tinyTraining(test);
    const { work, ends } = await firstRound(training, rounds, 'run');
    const first = await mergeShards(work, training, unwatched, 1);
    for (const end of ends) await assert.rejects(training.store.readManifest(end));
    assert.deepEqual(await mergeShards(work, training, unwatched, 2), first);
  });

  it('leaves nothing half-written where its merge is killed, and is merged to the same after', async (test) => {
    const training = await tinyTraining(test);
    const other = await tinyTraining(test);
    const expected = await mergeShards((await firstRound(other, rounds, 'run')).work, other, unwatched, 1);
    const { work } = await firstRound(training, rounds, 'run');
    const killer = new AbortController();
    const killing = { signal: killer.signal, report: () => killer.abort(new Error('killed')) };
    await assert.rejects(mergeShards(work, training, killing, 1), { message: 'killed' });
    assert.deepEqual(await readdir(join(training.store.root, 'work')), []);
    const merged = await mergeShards(work, training, unwatched, 2);
    assert.equal(merged.checkpoint.sha256, expected.checkpoint.sha256);
  });

  it('is not merged of other shards, fewer, or in another order', async (test) => {
    const training = await tinyTraining(test);
    const { work } = await firstRound(training, rounds, 'run');
    for (const [shards, step] of [
      [[work.shards[0] ?? ''], 2],
      [work.shards.toReversed(), 0],
    ] as const) {
      await assert.rejects(mergeShards({ ...work, shards: [...shards] }, training, unwatched, 1), {
        code: 'InvalidInput',
        message: new RegExp(
          `^The round of the steps 0 to 3 cannot be merged: .* is not its shard from step ${step}\\.`,
        ),
      });
    }
  });

  it('is not merged of a damaged checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const { work, ends } = await firstRound(training, rounds, 'run');
    const [damaged] = ends;
    assert.ok(damaged);
    await writeFile(join(await training.store.open(damaged), 'first-moment.safetensors'), 'x');
    await assert.rejects(mergeShards(work, training, unwatched, 1), {
      code: 'CorruptArtifact',
      message: /first-moment\.safetensors was changed or damaged/,
    });
  });
});

describe('a training of two workers', () => {
  it('has the same digest again, with its shards in another order and one of them killed', async (test) => {
    const change = { ...rounds, outer: 'nesterov', checkpointEverySteps: 1 } as const;
    const straight = await trainRounds(await tinyTraining(test), change, 'run');
    const training = await tinyTraining(test);
    const resumed: StepProgress[] = [];
    const again = await trainRounds(training, change, 'run', {
      order: (shards) => shards.toReversed(),
      train: async (work) => {
        if (work.fromStep !== 6) return trainShard(work, training, unwatched, 1);
        await assert.rejects(trainShard(work, training, killAt(2, []), 1), { message: 'killed' });
        return trainShard(work, training, watched(resumed), 2);
      },
    });
    assert.deepEqual(again.map(digest), straight.map(digest));
    assert.deepEqual(
      again.map(({ step }) => step),
      [4, 8, 10],
    );
    assert.equal(resumed[0]?.done, 1, 'the killed shard goes on from its own checkpoint');
  });

  it('lowers the loss, is exported with a line of metrics for each step, and leaves few checkpoints', async (test) => {
    const training = await tinyTraining(test);
    const { model, tokens, store } = training;
    const longer = { ...rounds, epochs: 8, learningRate: 1e-2, roundSteps: 7, keepCheckpoints: 1 };
    const before = await measureLoss({ model, checkpoint: null, tokens }, training, unwatched);
    const checkpoint = (await trainRounds(training, longer, 'run')).at(-1)?.checkpoint;
    assert.ok(checkpoint);
    const after = await measureLoss({ model, checkpoint, tokens }, training, unwatched);
    assert.ok(after.loss < 0.9 * before.loss, `${before.loss} -> ${after.loss}`);

    const exported = await exportModel({ run: 'run', model, checkpoint, steps: 40 }, training);
    const again = await measureLoss({ model: exported.model, checkpoint: null, tokens }, training, unwatched);
    assert.deepEqual(again, after);
    assert.equal(exported.metrics.rows, 40);
    assert.deepEqual(await readdir(join(store.root, 'artifacts', 'checkpoint')), [checkpoint.sha256]);
  });

  it('answers again for a round whose checkpoint later ones have left behind: a reset run asks', async (test) => {
    const training = await tinyTraining(test);
    const works: MergeShardsInput[] = [];
    const merged = await trainRounds(training, { ...rounds, epochs: 1, keepCheckpoints: 1 }, 'run', {
      merge: (work) => {
        works.push(work);
        return mergeShards(work, training, unwatched, 1);
      },
    });
    const [[work], [first]] = [works, merged];
    assert.ok(work && first);
    await assert.rejects(training.store.readManifest(first.checkpoint));
    assert.deepEqual(await mergeShards(work, training, unwatched, 2), first);
  });

  it('sees one schedule in both shards, by what all have done', async (test) => {
    const training = await tinyTraining(test);
    const rates: [number, number][] = [];
    await trainRounds(training, { ...rounds, schedule: 'linear', warmupRatio: 0 }, 'run', {
      train: (work) => {
        const report = ({ figures }: StepProgress) => {
          if (figures) rates.push([figures.step - 1, Math.round(1e6 * figures.learningRate)]);
        };
        return trainShard(work, training, { ...unwatched, report }, 1);
      },
    });
    // In rounds from 0, 4 and 8 of 10 steps: 2e-3 times what is left.
    assert.deepEqual(rates, [
      [0, 2000],
      [1, 1600],
      [2, 2000],
      [3, 1600],
      [4, 1200],
      [5, 800],
      [6, 1200],
      [7, 800],
      [8, 400],
      [9, 400],
    ]);
  });

  it('trains an adapter as well, with Nesterov from the base on', async (test) => {
    const training = await tinyTraining(test);
    const lora: TrainingSettings = { ...rounds, method: 'lora', outer: 'nesterov', epochs: 1 };
    const [first, second] = await trainRounds(training, lora, 'run');
    assert.ok(first && second);
    assert.deepEqual([first.step, second.step], [4, 5]);
    const { state, weights } = await open(training, second.checkpoint);
    assert.equal(state.lora?.rank, 4);
    assert.ok([...weights.keys()].every((name) => /lora_[AB]/.test(name)));
    const { adapter } = await exportModel(
      { run: 'run', model: training.model, checkpoint: second.checkpoint, steps: second.step },
      training,
    );
    assert.ok(adapter);
  });
});

async function open({ store }: Training, checkpoint: ArtifactReference | undefined) {
  assert.ok(checkpoint);
  return readCheckpoint(await store.open(checkpoint));
}

function digest({ checkpoint }: { checkpoint: ArtifactReference }): string {
  return checkpoint.sha256;
}

function assertMean(
  found: ReadonlyMap<string, Weight>,
  ...shards: [weights: ReadonlyMap<string, Weight>, steps: number][]
): void {
  const all = shards.reduce((sum, [, steps]) => sum + steps, 0);
  assert.ok(found.size > 0);
  for (const [name, { data }] of found) {
    const expected = data.map((_, i) => {
      const sum = shards.reduce((total, [weights, steps]) => {
        return total + steps * (weights.get(name)?.data[i] ?? Number.NaN);
      }, 0);
      return sum / all;
    });
    assert.deepEqual(data, expected, name);
  }
}
