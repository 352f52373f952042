import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rounds, trainRounds } from '../round/tiny-rounds.ts';
import { heldOutTokens, shardInput, type Training, tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { randomStops, trainUnderStops } from './stopping.ts';

/** No stint is as long as from one checkpoint to the next; stopping.test.ts is the short version. */
describe('a shard that is stopped 25 times', () => {
  for (const [seed, method] of [
    [1, 'full'],
    [2, 'lora'],
  ] as const) {
    it(`ends with the bits and the decisions of an undisturbed one: ${method}, seed ${seed}`, async (test) => {
      const sparing = { ...settings, method, epochs: 24, checkpointEverySteps: 1000, evaluateEverySteps: 7 };
      const withHeldOut = async (training: Training) => ({
        ...(await shardInput(training, sparing, 'run')),
        heldOutTokens: await heldOutTokens(training),
      });
      const straight = await tinyTraining(test);
      const expected = await trainUnderStops(await withHeldOut(straight), straight, []);
      const training = { ...(await tinyTraining(test)), saveWithinMs: 60_000 };
      const result = await trainUnderStops(await withHeldOut(training), training, randomStops(seed, 25));
      assert.equal(result.step, 120);
      assert.equal(result.checkpoint.sha256, expected.checkpoint.sha256);
      assert.deepEqual(result.best, expected.best);
    });
  }

  it('does so in each shard of a round of several workers, far from a checkpoint', async (test) => {
    const several = { ...rounds, epochs: 1, roundSteps: 3, checkpointEverySteps: 100 };
    const straight = await trainRounds(await tinyTraining(test), several, 'run');
    const training = { ...(await tinyTraining(test)), saveWithinMs: 60_000 };
    const merged = await trainRounds(training, several, 'run', {
      train: (work) => trainUnderStops(work, training, [{ afterSteps: 1, inStep: false }]),
    });
    assert.deepEqual(
      merged.map(({ checkpoint }) => checkpoint.sha256),
      straight.map(({ checkpoint }) => checkpoint.sha256),
    );
  });
});
