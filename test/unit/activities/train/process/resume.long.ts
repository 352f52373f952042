import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heldOutTokens, shardInput, tinyTraining, trainAll } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { randomKills, trainUnderKills } from './killing.ts';

/** Half of the kills are in the middle of a save; resume.test.ts is the short version. */
describe('a training whose process is killed 12 times', () => {
  for (const seed of [1, 2, 3]) {
    it(`ends with the bits of an undisturbed one, seed ${seed}`, async (test) => {
      const frequent = { ...settings, epochs: 12, shardsPerEpoch: 1, checkpointEverySteps: 2 };
      const straight = await trainAll(await tinyTraining(test), frequent, 'run');
      const training = await tinyTraining(test);
      const input = await shardInput(training, frequent, 'run');
      const result = await trainUnderKills(input, training, randomKills(seed, 12));
      assert.equal(result.step, 60);
      assert.equal(result.checkpoint.sha256, straight.sha256);
    });
  }

  it('ends with the same decisions too where it measures held-out loss', async (test) => {
    const measuring = { ...settings, epochs: 12, checkpointEverySteps: 2, evaluateEverySteps: 1 };
    const straight = await tinyTraining(test);
    const withHeldOut = async (training: typeof straight) => ({
      ...(await shardInput(training, measuring, 'run')),
      heldOutTokens: await heldOutTokens(training),
    });
    const expected = await trainUnderKills(await withHeldOut(straight), straight, []);
    const training = await tinyTraining(test);
    const result = await trainUnderKills(await withHeldOut(training), training, randomKills(4, 12));
    assert.equal(result.checkpoint.sha256, expected.checkpoint.sha256);
    assert.deepEqual(result.best, expected.best);
  });
});
