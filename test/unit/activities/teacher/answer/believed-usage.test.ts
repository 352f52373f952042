import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { believedUsage } from '../../../../../activities/teacher/answer/believed-usage.ts';
import { leastTokens } from '../../../../../activities/teacher/profile/prices.ts';

describe('the usage that is booked', () => {
  // Nine words, 45 bytes, and 16 tokens for the format; an answer of four words.
  const exchange = {
    prompts: ['Name a colour, and say in one word why.', ''],
    answers: ['Blue: of the sky.'],
    maxTokens: 64,
  };
  for (const [what, stated, booked] of [
    ['nothing', [0, 0], [9, 4]],
    ['too little of one', [30, 1], [30, 4]],
    ['more than was reserved', [2 ** 53 - 1, 2 ** 53 - 1], [71, 64]],
  ] as const) {
    it(`is what can be where an endpoint states ${what}`, () => {
      const [promptTokens, completionTokens] = stated;
      assert.deepEqual(believedUsage({ promptTokens, completionTokens }, exchange), {
        usage: { promptTokens: booked[0], completionTokens: booked[1] },
        stated: { promptTokens, completionTokens },
      });
    });
  }

  it('is what the endpoint states where that can be', () => {
    const usage = { promptTokens: 12, completionTokens: 6 };
    assert.deepEqual(believedUsage(usage, exchange), { usage, stated: null });
  });

  it('never passes what was reserved, however long the answer is that came', () => {
    const long = { prompts: ['a'], answers: ['word '.repeat(1000)], maxTokens: 64 };
    const { usage } = believedUsage({ promptTokens: 1, completionTokens: 0 }, long);
    assert.deepEqual(usage, { promptTokens: 1, completionTokens: 64 });
  });
});

describe('the least tokens of a text', () => {
  for (const [text, tokens] of [
    ['', 0],
    ['   \n', 0],
    ['one', 1],
    ['one  two\nthree', 3],
    ['x'.repeat(33), 3],
    ['하늘은 파랗다', 2],
  ] as const) {
    it(`are ${tokens} of ${JSON.stringify(text)}`, () => assert.equal(leastTokens(text), tokens));
  }
});
