import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { readTensors } from '../../../../../activities/model/folder/safetensors.ts';
import { readCheckpoint, type TrainingState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { piecesOf, readDifference } from '../../../../../activities/train/round/difference-file.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { readOuter } from '../../../../../activities/train/round/outer-state.ts';
import { DIFFERENCE, readUpdate } from '../../../../../activities/train/round/update.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { shardInput, type Training, tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { firstRound, rounds, trainRounds } from './tiny-rounds.ts';

/** Three rounds, of which a momentum of 0.3 comes to rest. */
const nesterov: TrainingSettings = { ...rounds, outer: 'nesterov', outerMomentum: 0.3 };

describe('the outer momentum', () => {
  it('begins as what the first round has changed, goes on from there, and lies beside the checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const means: Map<string, number[]>[] = [];
    const merged = await trainRounds(training, { ...nesterov, keepCheckpoints: 9 }, 'run', {
      merge: async (work) => {
        means.push(await plainMean(training, work.shards));
        return mergeShards(work, training, unwatched, 1);
      },
    });
    assert.equal(merged.length, 3);
    const base = (await readModel(await training.store.open(training.model))).weights;
    const name = 'model.layers.0.mlp.up_proj.weight';
    let weights = [...(base.get(name)?.data ?? [])];
    let momentum = weights.map(() => 0);
    for (const [index, { checkpoint }] of merged.entries()) {
      const change = (means[index]?.get(name) ?? []).map((mean) => -mean);
      momentum = momentum.map((was, i) => 0.3 * was + (change[i] ?? 0));
      weights = weights.map((w, i) => w - 0.7 * ((change[i] ?? 0) + 0.3 * (momentum[i] ?? 0)));
      const { state, weights: found } = await open(training, checkpoint);
      const path = await momentumOf(training, state);
      assert.ok(path);
      assertClose((await tensors(path)).get(name), momentum);
      assertClose(found.get(name), weights);
    }
  });

  it('carries on where another run goes on from a round’s checkpoint', async (test) => {
    const training = await tinyTraining(test);
    const all = { ...nesterov, outerMomentum: 0, keepCheckpoints: 9 };
    const straight = await trainRounds(training, all, 'straight');
    const from = straight[0]?.checkpoint;
    assert.ok(from);
    const onwards = await trainRounds(training, { ...all, continueFrom: from.uri }, 'onwards');
    assert.deepEqual(onwards.map(digest), straight.slice(1).map(digest));
  });

  it('is none of an average, from which Nesterov goes on without one, if allowed', async (test) => {
    const training = await tinyTraining(test);
    const [first] = await trainRounds(training, { ...rounds, keepCheckpoints: 9 }, 'average');
    assert.ok(first);
    const { state } = await open(training, first.checkpoint);
    assert.deepEqual(Object.keys(state.files), ['weights.safetensors']);
    assert.equal(state.outer, undefined);
    const on = { ...nesterov, outerMomentum: 0, continueFrom: first.checkpoint.uri } as const;
    await assert.rejects(trainRounds(training, on, 'refused'), {
      message: /outer was average and is nesterov; outerLearningRate was unset and is 0\.7/,
    });
    const [second] = await trainRounds(training, { ...on, allowChanged: ['settings'] }, 'allowed');
    assert.ok(second);
    assert.ok(await momentumOf(training, (await open(training, second.checkpoint)).state));
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
    assert.deepEqual([state.step, state.updates], [10, 6], 'Adam’s moments began anew');
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

/** The path of the momentum that the merge of a checkpoint has left. */
async function momentumOf({ store }: Training, { outer }: TrainingState): Promise<string | null> {
  return outer ? (await readOuter(await store.open(outer))).momentum : null;
}

/** Of differences in f32, by target tokens. */
async function plainMean(
  { store }: Training,
  shards: readonly (string | null)[],
): Promise<Map<string, number[]>> {
  const mean = new Map<string, number[]>();
  const updates = [];
  for (const uri of shards) {
    const folder = await store.open((await store.readManifest({ uri: uri ?? '' })).reference);
    updates.push({ folder, state: await readUpdate(folder) });
  }
  const all = updates.reduce((sum, { state }) => sum + state.targets, 0);
  for (const { folder, state } of updates) {
    const reader = await readDifference(join(folder, DIFFERENCE), 'f32');
    for (const piece of piecesOf(state.tensors)) {
      const values = await reader.next(piece);
      const sum = mean.get(piece.tensor.name) ?? [...values].map(() => 0);
      mean.set(
        piece.tensor.name,
        sum.map((value, i) => value + ((values[i] ?? 0) * state.targets) / all),
      );
    }
    await reader.close();
  }
  return mean;
}

function assertClose(found: Weight | undefined, expected: readonly number[]): void {
  assert.equal(found?.data.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((found?.data[i] ?? Number.NaN) - value) < 1e-6, `${found?.data[i]}, not ${value}`);
}
