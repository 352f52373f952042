import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleBatch } from '../../../../activities/model/batch.ts';

const short = { inputIds: Int32Array.of(5, 6, 7), labels: Int32Array.of(-100, -100, 7) };
const long = { inputIds: Int32Array.of(1, 2, 3, 4), labels: Int32Array.of(-100, 2, -100, 4) };

describe('a batch', () => {
  it('lays tokens out by time, and pairs each target with the token before it', () => {
    const batch = assembleBatch([short, long]);
    assert.equal(batch.rows, 2);
    assert.equal(batch.length, 16, 'a multiple of 16');
    assert.deepEqual([...batch.ids.slice(0, 8)], [5, 1, 6, 2, 7, 3, 0, 4]);
    assert.deepEqual([...batch.positions], [2, 1, 5]);
    assert.deepEqual([...batch.targets], [7, 2, 4]);
    assert.deepEqual([...batch.targetRows], [0, 1, 1]);
  });

  it('leaves out the times after the last target', () => {
    const labels = new Int32Array(40).fill(-100);
    labels[9] = 3;
    assert.equal(assembleBatch([{ inputIds: new Int32Array(40), labels }]).length, 16);
  });
});
