import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import {
  claimShard,
  latestCheckpoint,
  recordCheckpoint,
  type ShardKey,
  shardOfRoundKey,
} from '../../../../../activities/train/checkpoint/checkpoint-pointer.ts';
import {
  deleteShards,
  deleteSuperseded,
} from '../../../../../activities/train/checkpoint/checkpoint-retention.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import type { BestCheckpoint } from '../../../../../workflows/contracts/train.ts';

const first: ShardKey = { run: 'run', identity: 'abc', fromStep: 0, toStep: 30 };
const second: ShardKey = { ...first, fromStep: 30, toStep: 60 };

describe('the checkpoints that a training leaves behind', () => {
  it('are deleted, but for the latest few', async (test) => {
    const store = await emptyStore(test);
    for (const step of [10, 20, 30]) await save(store, first, step);
    await deleteSuperseded(store, first, 2);
    assert.deepEqual(await stored(store), ['step 20', 'step 30']);
    await save(store, second, 40);
    await deleteSuperseded(store, second, 2);
    assert.deepEqual(await stored(store), ['step 30', 'step 40']);
  });

  it('keep the best beside the latest, until there is a better one', async (test) => {
    const store = await emptyStore(test);
    const ten = await save(store, first, 10);
    const best = { step: 10, loss: 2, checkpoint: ten };
    await save(store, first, 20, 1, best);
    await save(store, first, 30, 1, best);
    await deleteSuperseded(store, first, 1);
    assert.deepEqual(await stored(store), ['step 10', 'step 30']);

    const better = await save(store, second, 40, 1, best);
    await save(store, second, 50, 1, { step: 40, loss: 1, checkpoint: better });
    await deleteSuperseded(store, second, 1);
    assert.deepEqual(await stored(store), ['step 40', 'step 50']);
  });

  it('stay where another training has the same one, or goes on from one', async (test) => {
    const store = await emptyStore(test);
    const shared = await save(store, first, 10);
    const origin = await save(store, first, 20);
    await save(store, first, 30);
    await recordCheckpoint(store, { ...first, run: 'same' }, 1, { step: 10, checkpoint: shared, best: null });
    await claimShard(store, { ...second, run: 'branch' }, 1, origin.uri);
    await deleteSuperseded(store, first, 1);
    assert.deepEqual(await stored(store), ['step 10', 'step 20', 'step 30']);
  });

  it('leave a finished shard’s last record: whoever asks again hears that it is done', async (test) => {
    const store = await emptyStore(test);
    for (const step of [20, 30]) await save(store, first, step);
    for (const step of [40, 50]) await save(store, second, step);
    await deleteSuperseded(store, second, 1);
    assert.deepEqual(await stored(store), ['step 50']);
    assert.equal((await latestCheckpoint(store, first))?.step, 30);
    assert.deepEqual(await store.listEntries('training/run/abc/steps-0-30'), [
      'attempt-000000000000001-step-000000030.json',
    ]);
  });

  it('of a round’s shards are kept until it is merged, each shard’s for itself, and then no more', async (test) => {
    const store = await emptyStore(test);
    const round = { fromStep: 0, toStep: 40, shards: 2 };
    const shards = [
      shardOfRoundKey(first, { fromStep: 0, round }, 20, [null]),
      shardOfRoundKey(first, { fromStep: 20, round }, 40, [null]),
    ];
    for (const shard of shards)
      for (const step of [10, 20]) {
        await save(store, shard, shard.fromStep + step);
        await deleteSuperseded(store, shard, 1);
      }
    const whole: ShardKey = { ...first, toStep: 40 };
    assert.deepEqual(await stored(store), ['step 20', 'step 40']);
    assert.equal(await latestCheckpoint(store, whole), null, 'a shard is not the round');

    const merged = await store.putFile('checkpoint', 'step 40 merged', 'merged', { madeBy: 'test' });
    await recordCheckpoint(store, whole, 1, { step: 40, checkpoint: merged, best: null });
    await deleteSuperseded(store, whole, 1);
    await deleteShards(store, first, round, (fromStep) => fromStep === 20);
    assert.deepEqual(await stored(store), ['step 20', 'step 40 merged'], 'a late shard keeps its own');
    await deleteShards(store, first, round);
    assert.deepEqual(await stored(store), ['step 40 merged']);
    for (const shard of shards) assert.equal((await latestCheckpoint(store, shard))?.step, shard.toStep);
  });

  it('are judged by the attempt that has the shard, not by the highest step', async (test) => {
    const store = await emptyStore(test);
    await save(store, first, 20, 1);
    await save(store, first, 10, 2);
    await deleteSuperseded(store, first, 1);
    assert.deepEqual(await stored(store), ['step 10']);
  });
});

async function save(
  store: ArtifactStore,
  key: ShardKey,
  step: number,
  attempt = 1,
  best: BestCheckpoint | null = null,
): Promise<ArtifactReference> {
  const checkpoint = await store.putFile('checkpoint', `step ${step}`, `${step}`, { madeBy: 'test' });
  await recordCheckpoint(store, key, attempt, { step, checkpoint, best });
  return checkpoint;
}

async function stored(store: ArtifactStore): Promise<string[]> {
  const names = await readdir(join(store.root, 'artifacts', 'checkpoint'), { recursive: true });
  return names
    .map((name) => name.split('/')[1] ?? '')
    .filter((name) => name.startsWith('step'))
    .sort();
}

async function emptyStore(test: TestContext): Promise<ArtifactStore> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-retention-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return createLocalStore({ root });
}
