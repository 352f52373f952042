import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf } from '../../../../../activities/artifacts/digest.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { ArtifactCache } from '../../../../../activities/artifacts/stores/cache.ts';
import { parseUri } from '../../../../../activities/artifacts/uri.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import { openStart } from '../../../../../activities/train/round/shard-update.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { killAt, tinyTraining } from '../tiny-training.ts';
import { firstRound, rounds, trainRounds } from './tiny-rounds.ts';

/** The 5 steps of one epoch, in rounds of two shards of a step. */
const int8: TrainingSettings = {
  ...rounds,
  epochs: 1,
  roundSteps: 1,
  roundUpdate: 'int8',
  keepCheckpoints: 9,
};

describe('what goes up and down in rounds', () => {
  it('is a difference each way: a machine makes the next start of the one that it has, to the bit', async (test) => {
    const training = await tinyTraining(test);
    const { store, model } = training;
    const [first, second] = await trainRounds(training, int8, 'run');
    assert.ok(first && second);
    const of = { model, lora: null, settings: int8 };
    const [here, elsewhere] = [machine(store, 'here'), machine(store, 'elsewhere')];
    for (const [{ checkpoint }, on, fetched] of [
      [first, here, ['difference', 'model']],
      [second, here, ['difference']],
      [second, elsewhere, ['checkpoint']],
    ] as const) {
      const path = await openStart(checkpoint, of, on.store);
      assert.equal((await digestOf(path)).sha256, checkpoint.sha256);
      assert.deepEqual(on.fetched.splice(0), fetched);
    }
  });

  it('is counted for each round, with what was merged: a late shard in the next', async (test) => {
    const training = await tinyTraining(test);
    const { store, model } = training;
    const late = { ...int8, quorum: 1 };
    const merged = await trainRounds(training, late, 'run', {
      isLate: (round, shard) => round === 0 && shard === 1,
    });
    const last = merged.at(-1);
    assert.ok(last);
    assert.deepEqual(
      merged.map(({ step }) => step),
      [2, 3, 5],
    );
    const exported = await exportModel(
      { run: 'run', model, checkpoint: last.checkpoint, steps: 5 },
      training,
    );
    assert.ok(exported.rounds);
    const lines = String(await store.readPart(exported.rounds))
      .trim()
      .split('\n');
    const found = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      found.map(({ fromStep, shards }) => [
        fromStep,
        shards.map((shard: { fromStep: number; late: boolean }) => [shard.fromStep, shard.late]),
      ]),
      [
        [0, [[0, false]]],
        [
          2,
          [
            [2, false],
            [1, true],
          ],
        ],
        [
          3,
          [
            [3, false],
            [4, false],
          ],
        ],
      ],
    );
    assert.deepEqual(
      found.map(({ start, checkpoint }) => [start, checkpoint]),
      [model, ...merged.map(({ checkpoint }) => checkpoint)]
        .slice(0, 3)
        .map(({ sha256 }, round) => [sha256, merged[round]?.checkpoint.sha256]),
    );
    for (const [round, { traffic }] of merged.entries()) assert.deepEqual(found[round]?.traffic, traffic);
    const { up, down } = last.traffic;
    assert.ok(up > 0 && down > 0);
    // A reset run asks again, and what nobody needs any more is gone.
    assert.deepEqual(await kinds(store, 'update'), 0);
    assert.deepEqual(await kinds(store, 'worker-record'), 0);
  });

  it('leaves a late shard what its round began with, whose attempt may fail, where one checkpoint is kept', async (test) => {
    const training = await tinyTraining(test);
    const { store } = training;
    const one = { ...int8, keepCheckpoints: 1, quorum: 1 };
    const { work: first } = await firstRound(training, one, 'run');
    const { checkpoint: start } = await mergeShards(first, training, unwatched, 1);
    const second = { ...first, checkpoint: start, record: null };
    const round = { fromStep: 2, toStep: 4, shards: 2 };
    const inTime = { ...second, round, fromStep: 2, toStep: 3 };
    const late = { ...second, round, fromStep: 3, toStep: 4 };
    await assert.rejects(trainShard(late, training, killAt(0, []), 1), { message: 'killed' });
    const { checkpoint: update } = await trainShard(inTime, training, unwatched, 1);
    const before = { round: first.round, start: first.model.sha256 };
    const merging = { ...second, round, before, shards: [update.uri, null] };
    const { checkpoint: merged } = await mergeShards(merging, training, unwatched, 1);
    assert.deepEqual(await digestsOf(store, 'checkpoint'), [start.sha256, merged.sha256].sort());

    const { checkpoint: lateUpdate } = await trainShard(late, training, unwatched, 2);
    const last = {
      ...second,
      checkpoint: merged,
      round: { fromStep: 4, toStep: 5, shards: 1 },
      workers: [0],
    };
    const { checkpoint: own } = await trainShard({ ...last, fromStep: 4, toStep: 5 }, training, unwatched, 1);
    const both = { shards: [own.uri], late: [lateUpdate.uri], before: { round, start: start.sha256 } };
    const { checkpoint: end } = await mergeShards({ ...last, ...both }, training, unwatched, 1);
    assert.deepEqual(await digestsOf(store, 'checkpoint'), [end.sha256]);
  });
});

/** A store as a machine sees it that has nothing of it yet, and what it has fetched since, by kinds. */
function machine(store: ArtifactStore, name: string): { store: ArtifactStore; fetched: string[] } {
  const fetched: string[] = [];
  const cache = new ArtifactCache({ folder: join(store.root, name), mostBytes: 1e9 });
  const open = (reference: ArtifactReference, make?: (path: string) => Promise<boolean>) =>
    cache.open(parseUri(reference.uri), async (path) => {
      if (await make?.(path)) return reference;
      fetched.push(parseUri(reference.uri).kind);
      await cp(await store.open(reference), path, { recursive: true });
      return reference;
    });
  return { store: withOpen(store, open), fetched };
}

function withOpen(store: ArtifactStore, open: ArtifactStore['open']): ArtifactStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'open') return open;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function digestsOf(store: ArtifactStore, kind: string): Promise<string[]> {
  return (await store.listManifests(kind)).map(({ reference }) => reference.sha256).sort();
}

async function kinds(store: ArtifactStore, kind: string): Promise<number> {
  return (await store.listManifests(kind)).length;
}
