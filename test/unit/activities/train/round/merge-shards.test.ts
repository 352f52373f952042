import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { readCheckpoint } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { measureLoss } from '../../../../../activities/train/measure-loss.ts';
import { piecesOf, readDifference } from '../../../../../activities/train/round/difference-file.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { readUpdate } from '../../../../../activities/train/round/update.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type {
  MergeShardsInput,
  TrainingSettings,
} from '../../../../../workflows/contracts/train-activities.ts';
import { killAt, type Training, tinyTraining, watched } from '../tiny-training.ts';
import { firstRound, rounds, trainRounds } from './tiny-rounds.ts';

describe('a round of two workers', () => {
  it('ends with the average of what its two shards have changed, by their target tokens', async (test) => {
    const training = await tinyTraining(test);
    // One epoch has 5 steps: shards of 3 and 2, in one round.
    const whole = { ...rounds, epochs: 1, roundSteps: 50 };
    const { work, ends } = await firstRound(training, whole, 'run');
    const base = (await readModel(await training.store.open(training.model))).weights;
    const [first, second] = [await openUpdate(training, ends[0]), await openUpdate(training, ends[1])];
    const merged = await mergeShards(work, training, unwatched, 1);
    const found = await open(training, merged.checkpoint);
    assertMean(found.weights, base, [first, first.state.targets], [second, second.state.targets]);
    assert.deepEqual(
      [first, second].map(({ state: { step, shard, start } }) => [step, shard.fromStep, start]),
      [
        [3, 0, training.model.sha256],
        [5, 3, training.model.sha256],
      ],
    );
    assert.ok(first.state.targets > second.state.targets);
    assert.deepEqual([found.state.step, found.state.updates, found.moments], [5, 0, null]);
    assert.equal(found.state.tokens, first.state.tokens + second.state.tokens);
    assert.equal(merged.step, 5);
  });

  it('comes to the same where each of its shards has a process of its own', async (test) => {
    const training = await tinyTraining(test);
    const whole: TrainingSettings = { ...rounds, epochs: 1, roundMoments: 'keep', roundUpdate: 'int8' };
    const kept = await trainRounds(training, whole, 'kept');
    const own = await trainRounds({ ...training, kept: null }, whole, 'own');
    assert.equal(kept.length, 2);
    assert.deepEqual(
      own.map(({ checkpoint }) => checkpoint.sha256),
      kept.map(({ checkpoint }) => checkpoint.sha256),
    );
  });

  it('weighs its shards alike where it is told to', async (test) => {
    const training = await tinyTraining(test);
    const whole: TrainingSettings = { ...rounds, epochs: 1, roundSteps: 50, roundWeights: 'equal' };
    const { work, ends } = await firstRound(training, whole, 'run');
    const base = (await readModel(await training.store.open(training.model))).weights;
    const [first, second] = [await openUpdate(training, ends[0]), await openUpdate(training, ends[1])];
    const { checkpoint } = await mergeShards(work, training, unwatched, 1);
    assertMean((await open(training, checkpoint)).weights, base, [first, 1], [second, 1]);
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

  it('is not merged of fewer shards, or in another order, and a stale, corrupt or missing update is refused by name', async (test) => {
    const training = await tinyTraining(test);
    const { work, ends } = await firstRound(training, rounds, 'run');
    const [first, second] = ends;
    assert.ok(first && second);
    const refuses = (change: Partial<MergeShardsInput>, code: string, why: RegExp) =>
      assert.rejects(mergeShards({ ...work, ...change }, training, unwatched, 1), {
        code,
        message: new RegExp(`^The round of the steps 0 to 3 cannot be merged: ${why.source}`),
      });
    await refuses({ shards: [first.uri] }, 'InvalidInput', /it has 2 shards, and 1 are named\./);
    await refuses({ shards: [null, null] }, 'InvalidInput', /no shard of it has an update\./);
    await refuses(
      { shards: work.shards.toReversed() },
      'InvalidInput',
      /artifact:\/\/\S+ is not the update of the shard from step 0\./,
    );
    // Whoever has merged the round already has gone on to other weights.
    const { checkpoint } = await mergeShards({ ...work, run: 'other' }, training, unwatched, 1);
    const [was, is] = [training.model, checkpoint].map(({ sha256 }) => sha256.slice(0, 12));
    await refuses(
      { checkpoint },
      'InvalidInput',
      new RegExp(
        `the update of the shard from step 0 is stale: it is a difference to ${was}, and the round began with ${is}\\.`,
      ),
    );
    await training.store.remove(second);
    await refuses(
      {},
      'NotFound',
      /the update of the shard from step 2 is missing: the store has no artifact:\/\/update\//,
    );
    await writeFile(join(await training.store.open(first), 'difference.bin'), 'x');
    await refuses(
      {},
      'CorruptArtifact',
      /the update of the shard from step 0 is corrupt: .*difference\.bin was changed or damaged/,
    );
  });
});

describe('a training of two workers', () => {
  it('has the same digest again, with its shards in another order and one of them killed', async (test) => {
    const change: TrainingSettings = {
      ...{ ...rounds, outer: 'nesterov', outerMomentum: 0.3, checkpointEverySteps: 1 },
      ...{ roundUpdate: 'int8', roundMoments: 'keep' },
    };
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

  it('merges nothing into a start that was damaged since it was made', async (test) => {
    const training = await tinyTraining(test);
    const merging = trainRounds(training, rounds, 'run', {
      merge: async (work) => {
        if (work.checkpoint) await damage(await training.store.open(work.checkpoint));
        return mergeShards(work, training, unwatched, 1);
      },
    });
    await assert.rejects(merging, {
      code: 'CorruptArtifact',
      message: /weights\.safetensors was changed or damaged/,
    });
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
    // In rounds from 0, 4 and 8 of 10 steps: 2e-3 times what is left, and a fifth more of it with each update.
    assert.deepEqual(rates, [
      [0, 400],
      [1, 640],
      [2, 400],
      [3, 640],
      [4, 240],
      [5, 320],
      [6, 240],
      [7, 320],
      [8, 80],
      [9, 80],
    ]);
  });

  it('trains an adapter as well, with Nesterov from the base on', async (test) => {
    const training = await tinyTraining(test);
    const lora: TrainingSettings = {
      ...{ ...rounds, method: 'lora', outer: 'nesterov', outerMomentum: 0, epochs: 1 },
      ...{ roundUpdate: 'int8', keepCheckpoints: 9 },
    };
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

type Update = Awaited<ReturnType<typeof openUpdate>>;

async function openUpdate({ store }: Training, update: ArtifactReference | undefined) {
  assert.ok(update);
  const folder = await store.open(update);
  const state = await readUpdate(folder);
  const reader = await readDifference(join(folder, 'difference.bin'), state.encoding);
  const values = new Map<string, number[]>();
  for (const piece of piecesOf(state.tensors))
    values.set(piece.tensor.name, [...(values.get(piece.tensor.name) ?? []), ...(await reader.next(piece))]);
  await reader.close();
  return { state, values };
}

function assertMean(
  found: ReadonlyMap<string, Weight>,
  base: ReadonlyMap<string, Weight>,
  ...shards: [update: Update, weight: number][]
): void {
  const all = shards.reduce((sum, [, weight]) => sum + weight, 0);
  assert.ok(found.size > 0);
  for (const [name, { data }] of found) {
    const expected = data.map((_, i) => {
      const change = shards.reduce((total, [{ values }, weight]) => {
        return total + (weight / all) * (values.get(name)?.[i] ?? Number.NaN);
      }, 0);
      return Math.fround((base.get(name)?.data[i] ?? Number.NaN) + Math.fround(change));
    });
    assert.deepEqual(data, expected, name);
  }
}

/** Another last bit in a checkpoint's weights. */
async function damage(checkpoint: string): Promise<void> {
  const path = join(checkpoint, 'weights.safetensors');
  const bytes = await readFile(path);
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  await writeFile(path, bytes);
}
