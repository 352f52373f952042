import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { recordMetrics, type StepMetrics } from '../../../../activities/train/metrics.ts';
import { watchMetrics } from '../../../../activities/train/watched-metrics.ts';

function step(number: number, endedAt: number): StepMetrics {
  return {
    ...{
      step: number,
      epoch: 0,
      loss: 3 - number,
      learningRate: 0.1,
      gradientNorm: 1,
      tokens: 10,
      targets: 5,
    },
    ...{ tokensPerSecond: 5, memoryBytes: 1, peakMemoryBytes: 1, tensors: 0, heldOutLoss: null, endedAt },
  };
}

const ALWAYS = { from: 0, to: Number.POSITIVE_INFINITY };

describe('the metrics of a training that goes on', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-watched-'));
    store = createLocalStore({ root });
  });
  after(() => rm(root, { recursive: true }));

  it('are none before there are any, then those of the training that made a step last, in order', async () => {
    const look = watchMetrics(store, 'my/run');
    assert.deepEqual(await look(ALWAYS), []);
    await recordMetrics(store, { run: 'my/run', identity: 'of-before' }, [step(0, 100), step(1, 101)]);
    const now = { run: 'my/run', identity: 'of-now' };
    await recordMetrics(store, now, [step(2, 203)]);
    await recordMetrics(store, now, [step(0, 201), step(1, 202)]);
    await recordMetrics(store, { run: 'another', identity: 'x' }, [step(0, 999)]);
    assert.deepEqual(
      (await look(ALWAYS)).map((one) => [one.step, one.endedAt]),
      [
        [0, 201],
        [1, 202],
        [2, 203],
      ],
    );
  });

  it('are those of a run’s own time, with what its training took up, where others had its id', async () => {
    const [earlier, later] = ['of-earlier', 'of-later'].map((identity) => ({ run: 'shared', identity }));
    assert.ok(earlier && later);
    await recordMetrics(store, earlier, [step(0, 10), step(1, 20)]);
    await recordMetrics(store, later, [step(0, 100), step(1, 110)]);
    const look = watchMetrics(store, 'shared');
    const endsOf = async (from: number, to: number) =>
      (await look({ from: from * 1000, to: to * 1000 })).map(({ endedAt }) => endedAt);
    assert.deepEqual(await endsOf(5, 50), [10, 20]);
    assert.deepEqual(await endsOf(50, 200), [100, 110]);
    assert.deepEqual(await endsOf(15, 50), [10, 20], 'its training goes on from a checkpoint');
    assert.deepEqual(await endsOf(120, Number.POSITIVE_INFINITY), [], 'it has made no step yet');
  });

  it('grow with a file that grows, and of a step that was made again are the latest', async () => {
    const key = { run: 'growing', identity: 'x' };
    const look = watchMetrics(store, 'growing');
    await recordMetrics(store, key, [step(0, 1)]);
    assert.equal((await look(ALWAYS)).length, 1);
    await recordMetrics(store, key, [step(0, 1), step(1, 2)]);
    await recordMetrics(store, key, [step(1, 3)]);
    assert.deepEqual(
      (await look(ALWAYS)).map((one) => [one.step, one.endedAt]),
      [
        [0, 1],
        [1, 3],
      ],
    );
  });

  it('are read again only where a file may still grow', async () => {
    const key = { run: 'long', identity: 'x' };
    for (let number = 0; number < 40; number += 1) await recordMetrics(store, key, [step(number, number)]);
    let reads = 0;
    const look = watchMetrics(
      {
        listEntries: (path) => store.listEntries(path),
        readEntry: (path) => {
          reads += 1;
          return store.readEntry(path);
        },
      },
      'long',
    );
    assert.equal((await look(ALWAYS)).length, 40);
    assert.equal(reads, 40);
    await look(ALWAYS);
    assert.equal(reads, 72);
  });
});
