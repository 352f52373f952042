import assert from 'node:assert/strict';
import fs, { fstatSync, type Stats, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { digestOf } from '../../../../../activities/artifacts/digest.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { writeCheckpoint } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { machine } from '../../../../../activities/train/checkpoint/machine.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { Recorder } from '../../../../../activities/train/process/recorder.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import { randomWeights, tinyConfig } from '../../model/tiny-model.ts';
import { firstRound, rounds } from '../round/tiny-rounds.ts';
import { PARTS, shardInput, tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

describe('files of tensors on their way to the store', () => {
  it('are hashed as they are written and synced once: a checkpoint, and a model made of it', async (test) => {
    const training = await tinyTraining(test);
    const { store } = training;
    const weights = randomWeights(tinyConfig, 2);
    const moments = { first: weights, second: weights };
    const madeOn = {
      ...({ tensorflow: '2.21.0', device: 'cpu', processor: 'x64 test', threads: 2 } as const),
      ...{ instructionSet: 'avx2', v8: '13.6' },
    };
    const state = {
      ...({ format: 1, step: 3, epoch: 0, tokens: 1234 } as const),
      heldOut: { best: null, withoutImprovement: 0 },
      identity: { model: 'm', tokens: 't', plan: 'p', settings: {}, parts: PARTS },
      madeOn: machine.parse(madeOn),
    };

    const watch = await watchFiles(test);
    const input = await shardInput(training, settings, 'other');
    const key = { run: 'other', identity: 'i', fromStep: 0, toStep: 10 };
    const path = join(await store.workspace('training'), 'checkpoint-3');
    await writeCheckpoint(path, { state, weights, moments });
    const recorder = new Recorder(store, key, 1, input, unwatched, null, null);
    await recorder.receive({ kind: 'checkpoint', step: 3, path, best: null });
    const checkpoint = recorder.latest?.checkpoint;
    assert.ok(checkpoint);
    await assertOnce(store, checkpoint, 3, watch);

    const { model } = await exportModel({ ...input, checkpoint, steps: 3 }, { store });
    await assertOnce(store, model, 1, watch);
  });

  it('are so after a round is merged', async (test) => {
    const training = await tinyTraining(test);
    const { work } = await firstRound(training, { ...rounds, outer: 'nesterov', outerMomentum: 0.3 }, 'run');
    const watch = await watchFiles(test);
    const { checkpoint } = await mergeShards(work, training, unwatched, 1);
    await assertOnce(training.store, checkpoint, 1, watch);
  });
});

/** The digest is right, and each of so many files of tensors was read by nobody since and synced once. */
async function assertOnce(
  store: ArtifactStore,
  reference: ArtifactReference,
  count: number,
  { reads, syncs }: Awaited<ReturnType<typeof watchFiles>>,
): Promise<void> {
  const folder = await store.open(reference);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
  assert.equal(files.length, count);
  for (const name of files) {
    const file = fileOf(statSync(join(folder, name)));
    assert.deepEqual([name, reads.get(file) ?? 0, syncs.get(file) ?? 0], [name, 0, 1]);
  }
  assert.equal((await digestOf(folder)).sha256, reference.sha256);
}

/** A file under whatever name: its inode's number is given again to others, which are written later. */
function fileOf({ ino, mtimeMs }: Stats): string {
  return `${ino} ${mtimeMs}`;
}

/** Counts from now on how often files are read to be hashed, and how often they are synced. */
async function watchFiles(test: TestContext) {
  const [reads, syncs] = [new Map<string, number>(), new Map<string, number>()];
  const { createReadStream } = fs;
  test.mock.method(fs, 'createReadStream', (...given: Parameters<typeof createReadStream>) => {
    const file = fileOf(statSync(given[0]));
    reads.set(file, (reads.get(file) ?? 0) + 1);
    return createReadStream(...given);
  });
  syncBuiltinESMExports();
  test.after(() => {
    test.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const handle = await open(new URL(import.meta.url));
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  test.mock.method(prototype, 'sync', function (this: { fd: number }) {
    const file = fileOf(fstatSync(this.fd));
    syncs.set(file, (syncs.get(file) ?? 0) + 1);
    return sync.call(this);
  });
  return { reads, syncs };
}
