import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlpacaError } from '../../../../activities/errors.ts';
import { explain } from '../../../../workers/runs/explain.ts';
import { KeyUsedBefore } from '../../../../workers/runs/start-run.ts';

describe('a failure as a visitor is told it', () => {
  it('is the asker’s where the input names what the set-up has not', () => {
    for (const [code, status] of [
      ['InvalidInput', 400],
      ['BudgetRequired', 400],
      ['Configuration', 422],
      ['NotFound', 404],
      ['UpdateRefused', 409],
      ['StoreAway', 503],
      ['CorruptArtifact', 500],
    ] as const)
      assert.deepEqual(explain(new AlpacaError(code, 'There is none.')), {
        ...{ status, message: 'There is none.', code, fields: [] },
      });
  });

  it('is 422 where a key was used for another input', () => {
    assert.equal(explain(new KeyUsedBefore('alpaca-1')).status, 422);
  });
});
