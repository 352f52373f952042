import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { usd } from '../../../../../workflows/decisions/screen/money-text.ts';

describe('money in words', () => {
  for (const [dollars, expected] of [
    [0, '0.00 USD'],
    [2.5, '2.50 USD'],
    [0.07, '0.07 USD'],
    [0.0121, '0.0121 USD'],
    [1.23456, '1.2346 USD'],
    [0.169, '0.1690 USD'],
    [0.00002, '0.000020 USD'],
    [99.999, '99.9990 USD'],
    [512.3456, '512.35 USD'],
    // What 0.1 and 0.2 are together in floating point.
    [0.1 + 0.2, '0.30 USD'],
    [1e-17, '0.00 USD'],
  ] as const) {
    it(`of ${dollars} is ${expected}`, () => assert.equal(usd(dollars), expected));
  }
});
