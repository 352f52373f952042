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
    ['nothing', { prompt_tokens: 0, completion_tokens: 0 }, [9, 4]],
    ['too little of one', { prompt_tokens: 30, completion_tokens: 1 }, [30, 4]],
    ['more than can be', { prompt_tokens: 2 ** 53 - 1, completion_tokens: 2 ** 53 - 1 }, [71, 64]],
    ['a total that cannot be', { prompt_tokens: 12, completion_tokens: 6, total_tokens: 1e9 }, [12, 64]],
    ['a negative', { prompt_tokens: -12, completion_tokens: -6 }, [71, 64]],
    ['what is no whole number', { prompt_tokens: 1.5, completion_tokens: 'NaN', total_tokens: 18 }, [71, 64]],
    ['a total alone', { total_tokens: 18 }, [71, 64]],
    ['a total and no prompt', { completion_tokens: 6, total_tokens: 571 }, [71, 500]],
    [
      'a total with thinking beside the completion',
      { prompt_tokens: 12, completion_tokens: 6, total_tokens: 518 },
      [12, 506],
    ],
    [
      'more thinking than completion, and no total',
      { prompt_tokens: 12, completion_tokens: 6, completion_tokens_details: { reasoning_tokens: 500 } },
      [12, 506],
    ],
    [
      'thinking beside a completion that the total leaves out',
      {
        ...{ prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 },
        completion_tokens_details: { reasoning_tokens: 500 },
      },
      [12, 506],
    ],
    [
      'more thinking than completion, beside it in the usage',
      { prompt_tokens: 12, completion_tokens: 6, reasoning_tokens: 500 },
      [12, 506],
    ],
    ['too little, by other names', { input_tokens: 30, output_tokens: 1 }, [30, 4]],
    ['a total below its parts', { prompt_tokens: 12, completion_tokens: 6, total_tokens: 8 }, [12, 6]],
  ] as const) {
    it(`is the worst that can be where an endpoint states ${what}`, () => {
      const [promptTokens, completionTokens] = booked;
      assert.deepEqual(believedUsage(stated, exchange), {
        usage: { promptTokens, completionTokens },
        stated: JSON.stringify(stated),
      });
    });
  }

  for (const [what, stated, apart] of [
    ['two counts', {}, {}],
    ['their total', { total_tokens: 18 }, {}],
    ['a total that is null', { total_tokens: null }, {}],
    [
      'thinking as a part of the completion',
      { total_tokens: 18, completion_tokens_details: { reasoning_tokens: 5 } },
      {},
    ],
    [
      'more cached than there was, which makes none of it cheap',
      { prompt_tokens_details: { cached_tokens: 5000 } },
      {},
    ],
    [
      'more sound than there was, which makes none of it free',
      {
        prompt_tokens_details: { audio_tokens: 50 },
        completion_tokens_details: { audio_tokens: 5000 },
      },
      {},
    ],
    [
      'what was cached, and what was sound',
      {
        prompt_tokens_details: { cached_tokens: 10, audio_tokens: 2 },
        completion_tokens_details: { audio_tokens: 1, reasoning_tokens: null },
      },
      { cachedTokens: 10, audioPromptTokens: 2, audioCompletionTokens: 1 },
    ],
  ] as const) {
    it(`is as an endpoint states it with ${what}`, () => {
      assert.deepEqual(believedUsage({ prompt_tokens: 12, completion_tokens: 6, ...stated }, exchange), {
        usage: { promptTokens: 12, completionTokens: 6, ...apart },
        stated: null,
      });
    });
  }

  it('is read under the names of other APIs', () => {
    const stated = {
      ...{ input_tokens: 12, output_tokens: 9 },
      ...{ input_tokens_details: { cached_tokens: 10 }, output_tokens_details: { reasoning_tokens: 3 } },
    };
    const usage = { promptTokens: 12, completionTokens: 9, cachedTokens: 10 };
    assert.deepEqual(believedUsage(stated, exchange), { usage, stated: null });
  });

  it('may be more than the token limit, which a thinking model need not keep to', () => {
    const usage = { promptTokens: 12, completionTokens: 9400 };
    assert.deepEqual(believedUsage({ prompt_tokens: 12, completion_tokens: 9400 }, exchange), {
      usage,
      stated: null,
    });
  });

  it('is none where an endpoint states none', () => {
    for (const stated of [undefined, null, 'none', {}, [], { prompt_tokens: null }])
      assert.equal(believedUsage(stated, exchange), null);
  });

  it('is at least what the text that came must have taken, whatever the token limit was', () => {
    const long = { prompts: ['a'], answers: ['word '.repeat(1000)], maxTokens: 64 };
    const { usage } = believedUsage({ prompt_tokens: 1, completion_tokens: 0 }, long) ?? {};
    assert.deepEqual(usage, { promptTokens: 1, completionTokens: 1000 });
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
