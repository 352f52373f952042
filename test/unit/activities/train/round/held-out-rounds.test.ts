import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { identityDigest } from '../../../../../activities/train/checkpoint/identity.ts';
import { isMeasuredAfterRound } from '../../../../../activities/train/early-stopping.ts';
import { measureLoss } from '../../../../../activities/train/measure-loss.ts';
import { gatherMetrics } from '../../../../../activities/train/metrics.ts';
import { mergeShards } from '../../../../../activities/train/round/merge-shards.ts';
import type {
  MergeShardsInput,
  TrainingSettings,
} from '../../../../../workflows/contracts/train-activities.ts';
import { heldOutTokens, tinyTraining } from '../tiny-training.ts';
import { rounds, trainRounds } from './tiny-rounds.ts';

describe('held-out loss of several workers', () => {
  it('is measured after the round in which a multiple of the steps falls, and after the last', () => {
    const settings = { evaluateEverySteps: 6 };
    const measured = (fromStep: number, toStep: number) =>
      isMeasuredAfterRound({ fromStep, toStep }, 22, settings);
    assert.deepEqual(
      [measured(0, 4), measured(4, 8), measured(8, 12), measured(12, 16), measured(16, 20), measured(20, 22)],
      [false, true, true, false, true, true],
    );
    assert.equal(isMeasuredAfterRound({ fromStep: 0, toStep: 22 }, 22, { evaluateEverySteps: null }), false);
  });

  it('ends training when it no longer falls, says why, and keeps the best round’s checkpoint', async (test) => {
    const overfitting: TrainingSettings = {
      ...rounds,
      epochs: 8,
      roundSteps: 4,
      learningRate: 5e-2,
      evaluateEverySteps: 8,
      patience: 1,
      keepCheckpoints: 1,
    };
    const training = await tinyTraining(test);
    const { store, model } = training;
    const tokens = await heldOutTokens(training);
    let lastMerge: MergeShardsInput | undefined;
    const merged = await trainRounds(training, overfitting, 'run', {
      heldOutTokens: tokens,
      merge: (work) => {
        lastMerge = work;
        return mergeShards(work, training, unwatched, 1);
      },
    });
    const last = merged.at(-1);
    assert.ok(last?.best && lastMerge);
    const { best, step } = last;
    assert.equal(step, best.step + 8, 'one measurement after the best');
    assert.ok(step < 40);
    assert.match(
      last.stoppedEarly ?? '',
      new RegExp(`^held-out loss has not fallen below \\d+\\.\\d{4} of step ${best.step} in 1 measurements$`),
    );
    const again = await measureLoss({ model, checkpoint: best.checkpoint, tokens }, training, unwatched);
    assert.equal(again.loss, best.loss);

    const { identity, heldOut } = await readState(await store.open(last.checkpoint));
    assert.deepEqual(heldOut, { best: { step: best.step, loss: best.loss }, withoutImprovement: 1 });
    const metrics = await gatherMetrics(store, { run: 'run', identity: identityDigest(identity) }, 99);
    assert.deepEqual(
      metrics.filter(({ heldOutLoss }) => heldOutLoss !== null).map((measured) => measured.step + 1),
      merged.map((round) => round.step),
    );
    assert.equal(last.figures?.heldOutLoss, metrics.at(-1)?.heldOutLoss);
    assert.deepEqual(
      (await readdir(join(store.root, 'artifacts', 'checkpoint'))).sort(),
      [best.checkpoint.sha256, last.checkpoint.sha256].sort(),
    );

    assert.deepEqual(await mergeShards(lastMerge, training, unwatched, 2), last, 'decides the same again');
  });
});
