import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { trainShard } from '../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../workflows/contracts/progress.ts';
import { killAt, shardInput, tinyTraining, watched } from './tiny-training.ts';
import { settings } from './training-settings.ts';

/** What goes on around a GPU, with training processes that take the CPU for one. */
describe('a training on a GPU', () => {
  const { NODE_OPTIONS } = process.env;
  const pretended = new URL('./process/pretended-gpu.ts', import.meta.url).href;
  before(() => {
    process.env.NODE_OPTIONS = `${NODE_OPTIONS ?? ''} --import=${pretended}`;
  });
  beforeEach(() => {
    delete process.env.PRETENDED_NOISE;
  });
  after(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
    delete process.env.PRETENDED_NOISE;
  });

  for (const method of ['full', 'lora'] as const) {
    it(`that repeats itself ends with the same bits when it is killed and resumed: ${method}`, async (test) => {
      const training = await tinyTraining(test);
      const chosen = { ...settings, method };
      const straight = await trainShard(
        await shardInput(training, chosen, 'straight'),
        training,
        watched([]),
        1,
      );

      const reports: StepProgress[] = [];
      const input = await shardInput(training, chosen, 'killed');
      await assert.rejects(trainShard(input, training, killAt(5, []), 1), /killed/);
      const resumed = await trainShard(input, training, watched(reports), 2);
      assert.equal(reports[0]?.done, 3, 'from the last checkpoint on');
      assert.equal(reports[0]?.note, 'loaded');
      assert.equal(resumed.checkpoint.sha256, straight.checkpoint.sha256);
    });
  }

  it('that does not says by how much, as it begins and all the while', async (test) => {
    process.env.PRETENDED_NOISE = '1e-3';
    const training = await tinyTraining(test);
    const reports: StepProgress[] = [];
    await trainShard(await shardInput(training, settings, 'noisy'), training, watched(reports), 1);
    const said =
      /, this device does not repeat itself \(the same gradients differ by up to (\S+) of the largest\)/;
    const [, difference] = said.exec(reports[0]?.note ?? '') ?? [];
    assert.ok(Number(difference) > 1e-4 && Number(difference) < 1e-1, reports[0]?.note ?? '');
    assert.match(reports.at(-1)?.note ?? '', said);
  });
});
