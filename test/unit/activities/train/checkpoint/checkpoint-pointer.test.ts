import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import {
  claimShard,
  latestCheckpoint,
  recordCheckpoint,
  type ShardKey,
} from '../../../../../activities/train/checkpoint/checkpoint-pointer.ts';
import { listTrainings } from '../../../../../activities/train/checkpoint/training-records.ts';

const key: ShardKey = { run: 'my/run', identity: 'abc', fromStep: 0, toStep: 100 };

describe('the latest checkpoint of a shard', () => {
  it('is none before the first, then the one of the highest step', async (test) => {
    const store = await emptyStore(test);
    await claimShard(store, key, 1);
    assert.equal(await latestCheckpoint(store, key), null);
    await recordCheckpoint(store, key, 1, pointer(50));
    await recordCheckpoint(store, key, 1, pointer(100));
    assert.deepEqual(await latestCheckpoint(store, key), pointer(100));
  });

  it('is left by a crashed attempt to the next', async (test) => {
    const store = await emptyStore(test);
    await claimShard(store, key, 1);
    await recordCheckpoint(store, key, 1, pointer(50));
    await claimShard(store, key, 2);
    assert.deepEqual(await latestCheckpoint(store, key), pointer(50));
  });

  it('is not changed by an attempt that was given up and wakes again', async (test) => {
    const store = await emptyStore(test);
    await claimShard(store, key, 1);
    await recordCheckpoint(store, key, 1, pointer(10));
    await claimShard(store, key, 2);
    await assert.rejects(recordCheckpoint(store, key, 1, pointer(20)), {
      code: 'Superseded',
      message: /attempt 2 has taken over/,
    });
    await recordCheckpoint(store, key, 2, pointer(15));
    assert.deepEqual(await latestCheckpoint(store, key), pointer(15));
  });

  it('of a later attempt counts before that of an earlier one, whatever the order of writing', async (test) => {
    const store = await emptyStore(test);
    await recordCheckpoint(store, key, 9, pointer(90));
    await recordCheckpoint(store, key, 10, pointer(30));
    assert.deepEqual(await latestCheckpoint(store, key), pointer(30));
  });

  it('is kept whatever the id of its run is: long, in Hangul, of dots', async (test) => {
    const store = await emptyStore(test);
    for (const run of ['x'.repeat(1000), '가'.repeat(28), '.', '..', 'a/../b', 'NUL\0']) {
      await claimShard(store, { ...key, run }, 1);
      await recordCheckpoint(store, { ...key, run }, 1, pointer(50));
      assert.deepEqual(await latestCheckpoint(store, { ...key, run }), pointer(50), run);
    }
    assert.equal((await listTrainings(store)).length, 6);
  });

  it('belongs to one range of one training', async (test) => {
    const store = await emptyStore(test);
    await recordCheckpoint(store, key, 1, pointer(50));
    for (const other of [{ run: 'my' }, { identity: 'abd' }, { fromStep: 1 }, { toStep: 99 }])
      assert.equal(await latestCheckpoint(store, { ...key, ...other }), null);
  });
});

function pointer(step: number) {
  const sha256 = String(step).padStart(64, '0');
  return {
    step,
    checkpoint: { uri: `artifact://checkpoint/${sha256}/c`, sha256, bytes: 1, rows: 4 },
    best: null,
  };
}

async function emptyStore(test: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-pointer-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return createLocalStore({ root });
}
