import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  afterMeasuring,
  type HeldOutProgress,
  isMeasured,
  NOTHING_MEASURED,
  reasonToStop,
} from '../../../../activities/train/early-stopping.ts';

function measured(losses: readonly number[], minimumImprovement: number): HeldOutProgress {
  let progress = NOTHING_MEASURED;
  for (const [index, loss] of losses.entries())
    progress = afterMeasuring(progress, { step: 10 * (index + 1), loss }, minimumImprovement);
  return progress;
}

describe('early stopping', () => {
  it('counts the measurements since the best', () => {
    assert.deepEqual(measured([3, 2, 2.5, 2.25], 0), { best: { step: 20, loss: 2 }, withoutImprovement: 2 });
  });

  it('takes as improved only what falls by more than the least improvement', () => {
    assert.deepEqual(measured([3, 2.5, 2.75], 0.5), { best: { step: 10, loss: 3 }, withoutImprovement: 2 });
    assert.deepEqual(measured([3, 2.5], 0.25), { best: { step: 20, loss: 2.5 }, withoutImprovement: 0 });
  });

  it('takes an equal loss as no improvement, and no number as none', () => {
    assert.deepEqual(measured([2, 2], 0), { best: { step: 10, loss: 2 }, withoutImprovement: 1 });
    assert.deepEqual(measured([Number.NaN], 0), { best: null, withoutImprovement: 1 });
  });

  it('stops with a reason when patience is used up, and never without', () => {
    const progress = measured([3, 2, 2.5, 2.25], 0);
    assert.equal(reasonToStop(progress, { patience: 3, minimumImprovement: 0 }), null);
    assert.equal(
      reasonToStop(progress, { patience: 2, minimumImprovement: 0.01 }),
      'held-out loss has not fallen by more than 0.01 below 2.0000 of step 20 in 2 measurements',
    );
    assert.equal(reasonToStop(progress, { patience: null, minimumImprovement: 0 }), null);
  });

  it('measures every so often and after the last step', () => {
    const steps = Array.from({ length: 11 }, (_, step) => step + 1);
    assert.deepEqual(
      steps.filter((step) => isMeasured(step, 11, { evaluateEverySteps: 4 })),
      [4, 8, 11],
    );
    assert.deepEqual(
      steps.filter((step) => isMeasured(step, 11, { evaluateEverySteps: null })),
      [],
    );
  });
});
