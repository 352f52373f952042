import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { witnessIn } from '../../../../workflows/decisions/store-witness.ts';

const uri = (kind: string, digit: string) => `artifact://${kind}/${digit.repeat(64)}/${kind}.json`;

describe('the artifact by which later work knows the store', () => {
  it('is the last that a result names', () => {
    const result = { seedTasks: { uri: uri('seeds', '1') }, pool: { uri: uri('pool', '2'), rows: 3 } };
    assert.equal(witnessIn(result), uri('pool', '2'));
  });

  it('is no checkpoint, which a training deletes', () => {
    const result = { plan: { uri: uri('batch-plan', '1') }, checkpoint: { uri: uri('checkpoint', '2') } };
    assert.equal(witnessIn(result), uri('batch-plan', '1'));
  });

  it('is none where a result names none', () => {
    for (const result of [undefined, null, 'done', { sent: 3 }, { checkpoint: uri('checkpoint', '1') }])
      assert.equal(witnessIn(result), null);
  });
});
