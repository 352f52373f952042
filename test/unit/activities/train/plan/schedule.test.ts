import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { learningRateAt } from '../../../../../activities/train/plan/schedule.ts';

describe('the learning-rate schedule', () => {
  const settings = { learningRate: 2e-5, warmupRatio: 0.03 } as const;

  it('warms up over ceil(ratio x steps) updates, the first of them at 0', () => {
    // ceil(0.03 x 101) = 4
    const rates = [0, 1, 2, 3, 4, 100].map((step) =>
      learningRateAt(step, 101, { ...settings, schedule: 'constant' }),
    );
    assert.deepEqual(rates, [0, 5e-6, 1e-5, 1.5000000000000002e-5, 2e-5, 2e-5]);
  });

  it('falls along half a cosine, as transformers.get_cosine_schedule_with_warmup(optimizer, 3, 100)', () => {
    const at = (step: number) => learningRateAt(step, 100, { ...settings, schedule: 'cosine' });
    assert.equal(at(3), 2e-5);
    assert.equal(at(50), 1.0485622221144485e-5);
    assert.ok(Math.abs(at(99) - 5.2443095448506674e-9) < 1e-20);
  });

  it('falls along a line', () => {
    const at = (step: number) =>
      learningRateAt(step, 11, { learningRate: 1, warmupRatio: 0.05, schedule: 'linear' });
    assert.deepEqual([at(0), at(1), at(6), at(10)], [0, 1, 0.5, 0.09999999999999998]);
  });

  it('begins at the full rate without warmup', () => {
    assert.equal(learningRateAt(0, 10, { learningRate: 0.5, warmupRatio: 0, schedule: 'cosine' }), 0.5);
  });
});
