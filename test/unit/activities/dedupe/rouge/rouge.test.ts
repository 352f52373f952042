import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  countOnes,
  countOnesOfTwo,
  fMeasure,
  lcsLength,
  lowestLcsAbove,
  rougeL,
} from '../../../../../activities/dedupe/rouge/rouge.ts';
import { tokenizeRouge } from '../../../../../activities/dedupe/rouge/tokenize.ts';
import fc from '../../../../property.ts';
import { arbitraryRow } from '../arbitrary-rows.ts';
import { plainLcs } from '../plain-rouge.ts';

interface ScoredPair {
  a: string;
  b: string;
  aTokens: string[];
  score: number;
}

const PAIRS = JSON.parse(
  readFileSync(new URL('../../../../fixtures/dedupe/rouge-score.json', import.meta.url), 'utf8'),
) as ScoredPair[];

describe('ROUGE-L against the rouge_score package', () => {
  it('has the same tokens', () => {
    for (const { a, aTokens } of PAIRS) assert.deepEqual(tokenizeRouge(a), aTokens);
  });

  it('has the same score as a double for every pair of the fixture', () => {
    assert.equal(PAIRS.length, 258);
    for (const { a, b, score } of PAIRS) assert.equal(rougeL(tokenizeRouge(a), tokenizeRouge(b)), score);
  });

  it('has 0.7 itself, not a neighbour of it, where the package has', () => {
    const atThreshold = PAIRS.filter(({ score }) => score === 0.7);
    assert.equal(atThreshold.length, 24);
    for (const { a, b } of atThreshold) assert.equal(rougeL(tokenizeRouge(a), tokenizeRouge(b)), 0.7);
  });
});

describe('rougeL', () => {
  it('is 1 for equal texts, 0 for texts with nothing in common or no tokens', () => {
    assert.equal(rougeL(['write', 'a', 'poem'], ['write', 'a', 'poem']), 1);
    assert.equal(rougeL(['write'], ['sing']), 0);
    assert.equal(rougeL([], ['sing']), 0);
    assert.equal(rougeL([], []), 0);
  });

  it('counts order: 3 of 4 tokens in the same order are 0.75', () => {
    assert.equal(rougeL(['a', 'b', 'c', 'd'], ['b', 'c', 'd', 'a']), 0.75);
  });
});

describe('lcsLength', () => {
  it('is what plain dynamic programming gives, at any length', () => {
    fc.assert(
      fc.property(arbitraryRow, arbitraryRow, (a, b) => {
        assert.equal(lcsLength(a, b), plainLcs(a, b));
      }),
      { numRuns: 300 },
    );
  });

  it('carries over words of 32 bits', () => {
    const row = Array.from({ length: 97 }, (_, index) => index % 5);
    for (const length of [31, 32, 33, 63, 64, 65, 96, 97])
      assert.equal(lcsLength(row.slice(0, length), row.slice(0, length)), length);
  });
});

describe('lowestLcsAbove', () => {
  it('is strict: 7 of 10 and 10 is 0.7, so 8 are needed', () => {
    assert.equal(lowestLcsAbove(0.7, 10, 10), 8);
    assert.equal(lowestLcsAbove(0.7, 10, 9), 7);
    assert.equal(lowestLcsAbove(0, 5, 5), 1);
  });

  it('goes by the doubles where those of F and of its formula differ', () => {
    assert.equal(fMeasure(1, 2, 5), 0.28571428571428575);
    assert.equal(lowestLcsAbove(0.2857142857142857, 2, 5), 1);
  });

  it('is Infinity where the lengths alone rule it out', () => {
    assert.equal(lowestLcsAbove(0.7, 10, 5), Number.POSITIVE_INFINITY);
    assert.equal(lowestLcsAbove(1, 4, 4), Number.POSITIVE_INFINITY);
    assert.equal(lowestLcsAbove(0.7, 0, 3), Number.POSITIVE_INFINITY);
  });

  it('is the first length whose F-measure, as a double, is above', () => {
    const length = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), length, length, (threshold, a, b) => {
        const lengths = Array.from({ length: Math.min(a, b) }, (_, index) => index + 1);
        const first = lengths.find((lcs) => fMeasure(lcs, a, b) > threshold);
        assert.equal(lowestLcsAbove(threshold, a, b), first ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});

describe('counting ones', () => {
  it('counts those of one word, and of two together, up to all 64', () => {
    assert.deepEqual([0, 1, 0x80000000, 0xffffffff, 0b1011].map(countOnes), [0, 1, 1, 32, 3]);
    assert.equal(countOnesOfTwo(-1, -1), 64);
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const ones = [a, b].map((word) => (word >>> 0).toString(2).replaceAll('0', '').length);
        assert.deepEqual([countOnes(a), countOnes(b)], ones);
        assert.equal(countOnesOfTwo(a, b), (ones[0] ?? 0) + (ones[1] ?? 0));
      }),
    );
  });
});
