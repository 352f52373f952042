import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeYield, noYield } from '../../../../workflows/decisions/yield-counts.ts';

describe('the counts of a yield', () => {
  it('add up by name', () => {
    const a = { asked: 3, parsed: 2, malformed: 1, filtered: { 'too-short': 1 }, similar: 1, accepted: 0 };
    const b = {
      asked: 4,
      parsed: 4,
      malformed: 0,
      filtered: { 'too-short': 1, 'too-long': 1 },
      similar: 1,
      accepted: 1,
    };
    assert.deepEqual(mergeYield(mergeYield(noYield(), a), b), {
      asked: 7,
      parsed: 6,
      malformed: 1,
      filtered: { 'too-short': 2, 'too-long': 1 },
      similar: 2,
      accepted: 1,
    });
  });
});
