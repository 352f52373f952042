import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerYield } from '../../../../../activities/generate/accept/yield.ts';

const parsed = [0, 1, 2].map((segment) => ({ segment, instruction: 'i', input: '', output: 'o' }));

describe('yield counts', () => {
  it('count rows that were never written as malformed', () => {
    assert.deepEqual(answerYield(17, { parsed, segments: 4 }, [null, 'too-short', 'too-short']), {
      asked: 17,
      parsed: 3,
      malformed: 14,
      filtered: { 'too-short': 2 },
      similar: 0,
      accepted: 0,
    });
  });

  it('count what a teacher wrote beyond what was asked as asked', () => {
    const counts = answerYield(2, { parsed, segments: 4 }, [null, null, null]);
    assert.equal(counts.asked, 4);
    assert.equal(counts.malformed, 1);
  });
});
