import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { witnessIn } from '../../../../workflows/decisions/store-witness.ts';

function reference(kind: string, digit: string) {
  const sha256 = digit.repeat(64);
  return { uri: `artifact://${kind}/${sha256}/${kind}.json`, sha256, bytes: 1, rows: 1 };
}

describe('the artifact by which later work knows the store', () => {
  it('is the last that a result refers to', () => {
    const result = { seedTasks: reference('seeds', '1'), pools: [{ kept: reference('pool', '2') }], rows: 3 };
    assert.equal(witnessIn(result), reference('pool', '2').uri);
  });

  it('is no checkpoint, which a training deletes', () => {
    const result = { plan: reference('batch-plan', '1'), checkpoint: reference('checkpoint', '2') };
    assert.equal(witnessIn(result), reference('batch-plan', '1').uri);
  });

  it('is none where a result refers to none', () => {
    for (const result of [undefined, null, 'done', { sent: 3 }, { checkpoint: reference('checkpoint', '1') }])
      assert.equal(witnessIn(result), null);
  });

  it('is none that a teacher or a file only writes of', () => {
    const { uri } = reference('data', '0');
    for (const result of [
      { reason: `Try later, see ${uri}. It is asked again in another job.` },
      { tokens: [uri, uri.replace('data.json', '..')] },
      { ...reference('data', '0'), sha256: '1'.repeat(64) },
    ])
      assert.equal(witnessIn(result), null);
  });
});
