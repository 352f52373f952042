import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OccurrenceTable } from '../../../../../activities/teacher/ledger/occurrences.ts';

describe('the occurrence number of a prompt', () => {
  const run = ['a', 'b', 'a', 'c', 'a', 'b'];

  it('counts equal prompts before it in the run', () => {
    const table = new OccurrenceTable((index) => run[index] ?? '');
    assert.deepEqual(
      run.map((_, index) => table.occurrenceOf(index)),
      [0, 0, 1, 0, 2, 1],
    );
  });

  it('does not depend on which prompt is looked up first, and reads each prompt once', () => {
    const read: number[] = [];
    const table = new OccurrenceTable((index) => {
      read.push(index);
      return run[index] ?? '';
    });
    assert.equal(table.occurrenceOf(4), 2);
    assert.equal(table.occurrenceOf(2), 1);
    assert.equal(table.occurrenceOf(5), 1);
    assert.deepEqual(read, [0, 1, 2, 3, 4, 5]);
  });
});
