import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAgreement } from '../../../../../activities/train/plan/agreeing-settings.ts';

describe('settings that go by the held-out loss', () => {
  it('are refused by name where it is not measured on the way', () => {
    for (const [settings, message] of [
      [{ patience: 3 }, /^patience goes by the held-out loss/],
      [{ exportBest: true }, /^exportBest goes by the held-out loss/],
      [{ patience: 3, exportBest: true }, /^patience and exportBest go by the held-out loss/],
    ] as const)
      assert.throws(() => checkAgreement({ ...settings, evaluateEverySteps: null }), {
        code: 'InvalidInput',
        message,
      });
  });

  it('agree with its being measured, and without them it need not be', () => {
    checkAgreement({ evaluateEverySteps: 10, patience: 3, exportBest: true });
    checkAgreement({ evaluateEverySteps: null, patience: null, exportBest: false });
  });
});
