import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { redoTraining } from '../../../../../activities/release/reproduce/redo-training.ts';
import { withScratchStore } from '../../../../../activities/release/reproduce/scratch-store.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { trainResult } from '../../../../../workflows/contracts/train.ts';
import {
  type AskedTrainingSettings,
  trainingSettingsOf,
} from '../../../../../workflows/contracts/train-activities.ts';
import { scripted } from '../../../../workflow/scripted-activities.ts';
import { trainRounds } from '../../train/round/tiny-rounds.ts';
import { heldOutTokens, type Training, tinyTraining } from '../../train/tiny-training.ts';

/** 10 steps in rounds of two by each of two workers. */
const TRAIN = {
  ...{ epochs: 2, globalBatch: 4, microBatch: 2, checkpointEverySteps: 3, learningRate: 2e-3 },
  ...{ workers: 2, roundSteps: 2, quorum: 1, graceSeconds: 0 },
};

/** What was trained in rounds of which some shards were late, and what training again finds of it. */
async function redone(
  test: TestContext,
  settings: Partial<AskedTrainingSettings>,
  isLate: (round: number, shard: number) => boolean,
) {
  const training = await tinyTraining(test);
  const input = alpacaInput.parse({ train: { ...TRAIN, ...settings } });
  const asked = { ...trainingSettingsOf({ runSeed: input.runSeed, ...input.train }), learningRate: 2e-3 };
  const merged = await trainRounds(training, asked, 'run', { isLate });
  const last = merged.at(-1);
  assert.ok(last);
  const { checkpoint, step: steps } = last;
  const { model, tokens, addedTokens } = training;
  const exported = await exportModel({ run: 'run', model, checkpoint, steps }, training);
  const loss = { before: 8, after: 7 };
  const train = trainResult.parse({ ...exported, checkpoint, steps, parameters: 1, loss });
  const ofTokens = await scripted.tokenizeRows(input.tokenize as Parameters<typeof scripted.tokenizeRows>[0]);
  const tokenize = { ...ofTokens, model, tokens, addedTokens, heldOutTokens: await heldOutTokens(training) };
  const again = (found: typeof train) => redo(training, { settings: input, tokenize, train: found });
  return { train, again };
}

function redo({ store }: Training, run: Parameters<typeof redoTraining>[0]) {
  return withScratchStore(store, (scratch) => redoTraining(run, scratch, unwatched));
}

describe('training again what several workers have trained', () => {
  for (const [what, settings, isLate, lateOnes] of [
    ['none was late', {}, () => false, 0],
    [
      'one was merged with the next round',
      {},
      (round: number, shard: number) => round === 0 && shard === 1,
      1,
    ],
    [
      'one was left out, moments stayed with their workers',
      { lateShards: 'leave-out', roundMoments: 'keep' },
      (round: number, shard: number) => round === 1 && shard === 0,
      0,
    ],
  ] as const) {
    it(`gives the same bits where ${what}`, async (test) => {
      const { train, again } = await redone(test, settings, isLate);
      const { verdict, detail } = await again(train);
      assert.equal(verdict, 'holds', detail);
      assert.match(
        detail,
        new RegExp(`^10 steps trained again in \\d rounds, with ${lateOnes} late shards as`),
      );
    });
  }

  it('says what differs where the run has come to others', async (test) => {
    const { train, again } = await redone(test, {}, () => false);
    const { verdict, detail } = await again({ ...train, steps: 9 });
    assert.deepEqual([verdict, detail], ['differs', 'optimizer steps is 10, not 9']);
  });
});
