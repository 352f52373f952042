import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { readTensors } from '../../../../../activities/model/folder/safetensors.ts';
import { OUTER, readCheckpoint } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { shardInput, type Training, tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { firstRound, rounds, trainRounds } from './tiny-rounds.ts';

describe('the outer momentum', () => {
  it('is in the checkpoint, begins as what the first round has changed, and goes on from there', async (test) => {
    const training = await tinyTraining(test);
    const nesterov: TrainingSettings = { ...rounds, outer: 'nesterov', epochs: 2, roundSteps: 2 };
    const means: Map<string, number[]>[] = [];
    const merged = await trainRounds(training, { ...nesterov, keepCheckpoints: 9 }, 'run', {
      merge: async (work) => {
        means.push(await plainMean(training, work.shards));
        return mergeShards(work, training, unwatched, 1);
      },
    });
    const base = (await readModel(await training.store.open(training.model))).weights;
    const name = 'model.layers.0.mlp.up_proj.weight';
    let weights = [...(base.get(name)?.data ?? [])];
    let momentum = weights.map(() => 0);
    for (const [index, { checkpoint }] of merged.entries()) {
      const mean = means[index]?.get(name) ?? [];
      const change = weights.map((weight, i) => weight - (mean[i] ?? 0));
      momentum = momentum.map((was, i) => 0.9 * was + (change[i] ?? 0));
      weights = weights.map((w, i) => w - 0.7 * ((change[i] ?? 0) + 0.9 * (momentum[i] ?? 0)));
      const folder = await training.store.open(checkpoint);
      assertClose((await tensors(join(folder, OUTER))).get(name), momentum);
      assertClose((await readCheckpoint(folder)).weights.get(name), weights);
    }
  });

  it('carries on where another run goes on from a round’s checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const nesterov: TrainingSettings = { ...rounds, outer: 'nesterov', epochs: 1, keepCheckpoints: 9 };
    const straight = await trainRounds(training, nesterov, 'straight');
    const from = straight[0]?.checkpoint;
    assert.ok(from);
    const onwards = await trainRounds(training, { ...nesterov, continueFrom: from.uri }, 'onwards');
    assert.deepEqual(onwards.map(digest), straight.slice(1).map(digest));
  });

  it('is not in the checkpoints of an average, from which Nesterov goes on without one, if allowed', async (test) => {
    const training = await tinyTraining(test);
    const [first] = await trainRounds(training, { ...rounds, epochs: 1 }, 'average');
    assert.ok(first);
    const { state } = await open(training, first.checkpoint);
    assert.deepEqual(Object.keys(state.files), [
      'weights.safetensors',
      'first-moment.safetensors',
      'second-moment.safetensors',
    ]);
    const on = { ...rounds, outer: 'nesterov', continueFrom: first.checkpoint.uri, epochs: 1 } as const;
    await assert.rejects(trainRounds(training, on, 'refused'), {
      message: /outer was average and is nesterov; outerLearningRate was unset and is 0\.7/,
    });
    const [second] = await trainRounds(training, { ...on, allowChanged: ['settings'] }, 'allowed');
    assert.ok(second && OUTER in (await open(training, second.checkpoint)).state.files);
  });
});

describe('going on from a checkpoint of several workers', () => {
  it('is refused from one worker’s in the middle of a round', async (test) => {
    const training = await tinyTraining(test);
    const { ends } = await firstRound(training, rounds, 'run');
    const on = { ...rounds, continueFrom: ends[1]?.uri ?? '' };
    await assert.rejects(planTraining({ ...training, settings: on }, training), {
      code: 'InvalidInput',
      message: /is of one worker in the middle of a round of several: .* Name the checkpoint of a round/,
    });
  });

  it('by one worker is refused by name, and allowed', async (test) => {
    const training = await tinyTraining(test);
    const { work } = await firstRound(training, rounds, 'several');
    const { checkpoint, step } = await mergeShards(work, training, unwatched, 1);
    const single = (allowChanged: TrainingSettings['allowChanged']) =>
      shardInput(training, { ...settings, continueFrom: checkpoint.uri, allowChanged }, 'one');
    await assert.rejects(
      trainShard({ ...(await single([])), fromStep: step, checkpoint }, training, unwatched, 1),
      { message: /workers was 2 and is unset; roundSteps was 2 and is unset; .* allowChanged settings\.$/ },
    );
    const result = await trainShard(
      { ...(await single(['settings'])), fromStep: step, checkpoint },
      training,
      unwatched,
      1,
    );
    const { state } = await open(training, result.checkpoint);
    assert.deepEqual([state.step, state.updates], [10, 8]);
  });
});

async function open({ store }: Training, checkpoint: ArtifactReference | undefined) {
  assert.ok(checkpoint);
  return readCheckpoint(await store.open(checkpoint));
}

function digest({ checkpoint }: { checkpoint: ArtifactReference }): string {
  return checkpoint.sha256;
}

async function tensors(path: string): Promise<Map<string, Weight>> {
  const found = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(path)) found.set(name, weight);
  return found;
}

/** Of shards that made equally many steps. */
async function plainMean({ store }: Training, shards: readonly string[]): Promise<Map<string, number[]>> {
  const mean = new Map<string, number[]>();
  for (const uri of shards) {
    const { weights } = await readCheckpoint(await store.open(await store.resolve(uri, 'checkpoint')));
    for (const [name, { data }] of weights) {
      const sum = mean.get(name) ?? [...data].map(() => 0);
      mean.set(
        name,
        sum.map((value, i) => value + (data[i] ?? 0) / shards.length),
      );
    }
  }
  return mean;
}

function assertClose(found: Weight | undefined, expected: readonly number[]): void {
  assert.equal(found?.data.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((found?.data[i] ?? Number.NaN) - value) < 1e-6, `${found?.data[i]}, not ${value}`);
}
