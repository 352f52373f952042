import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  costUsd,
  isFree,
  likelyTokens,
  mostTokens,
  parsePrice,
  worstCaseUsd,
} from '../../../../../activities/teacher/profile/prices.ts';

const price = { inputUsdPerMillion: 0.5, outputUsdPerMillion: 1.5 };

describe('what an answer costs', () => {
  it('counts input and output tokens at their prices', () => {
    assert.equal(costUsd({ promptTokens: 700, completionTokens: 1500 }, price), 0.0026);
  });

  it('counts what was cached, and what was sound, at a price of its own where there is one', () => {
    const usage = { promptTokens: 700, completionTokens: 100, cachedTokens: 500, audioPromptTokens: 100 };
    assert.equal(costUsd({ ...usage, audioCompletionTokens: 10 }, price), 0.0005);
    const apart = {
      cachedInputUsdPerMillion: 0.05,
      audioInputUsdPerMillion: 10,
      audioOutputUsdPerMillion: 20,
    };
    // 100 x 0.5, 500 x 0.05, 100 x 10, 90 x 1.5 and 10 x 20, of a millionth each
    assert.equal(costUsd({ ...usage, audioCompletionTokens: 10 }, { ...price, ...apart }), 0.00141);
  });

  it('reserves every byte of the prompt as a token, the chat format, and every token allowed', () => {
    assert.equal(mostTokens('한a'), 4 + 16);
    assert.equal(worstCaseUsd('한a', 3072, price), (20 * 0.5 + 3072 * 1.5) / 1e6);
  });

  it('is free only at a price of zero both ways', () => {
    assert.equal(isFree({ inputUsdPerMillion: 0, outputUsdPerMillion: 0 }), true);
    assert.equal(isFree({ inputUsdPerMillion: 0, outputUsdPerMillion: 0.1 }), false);
  });
});

describe('the likely number of tokens', () => {
  it('is a quarter of the ASCII characters, and each other one', () => {
    assert.equal(likelyTokens('abcdefgh'), 2);
    assert.equal(likelyTokens('한국어 ab'), 3 + 1);
    assert.equal(likelyTokens(''), 0);
  });
});

describe('a price as text', () => {
  it('is two numbers with a comma between', () => {
    assert.deepEqual(parsePrice('0.5,1.5', 'P'), price);
    assert.deepEqual(parsePrice(' 0 , 0 ', 'P'), { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
  });

  for (const text of ['1', '1,2,3', '-1,2', 'a,b', '1;2']) {
    it(`is not "${text}"`, () => {
      assert.throws(() => parsePrice(text, '--price'), { code: 'Configuration', message: /--price is "/ });
    });
  }
});
