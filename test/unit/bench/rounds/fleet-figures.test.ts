import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { recordMetrics, type StepMetrics } from '../../../../activities/train/metrics.ts';
import { figuresOf } from '../../../../bench/rounds/fleet-figures.ts';

it('the figures of a fleet are of what was merged: a shard that was left out is no good', async (test) => {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-fleet-figures-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  const store = createLocalStore({ root });
  const key = { run: 'fleet', identity: 'identity' };
  await recordMetrics(store, key, [stepOf(0, 2, 104), stepOf(1, 2, 107)]);
  // Of the other worker, which was late.
  await recordMetrics(store, key, [stepOf(2, 8, 109)]);
  const round = { begun: 100, ended: 110, merged: [{ fromStep: 0, toStep: 2 }] };
  assert.deepEqual(await figuresOf(store, [round], { workers: 2, totalSteps: 4 }), {
    goodput: 0.2,
    overheadSeconds: 6,
    overhead: { before: 2, between: 1, after: 3 },
    steps: 2,
  });
});

function stepOf(step: number, seconds: number, endedAt: number): StepMetrics {
  return {
    ...{ step, epoch: 0, loss: 1, learningRate: 1, gradientNorm: 1, heldOutLoss: null },
    ...{ tokens: 64, targets: 64, tokensPerSecond: 64 / seconds, endedAt },
    ...{ memoryBytes: 1, peakMemoryBytes: 1, tensors: 1 },
  };
}
