import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TokenRecord, textLogprobs } from '../../../../../workers/serve/answer/token-logprobs.ts';

/** The first byte of a character, of three: spelled alike. */
const part = (first: number, logprob: number) => ({ text: '\ufffd', bytes: [first], logprob });

describe('log-probabilities of a continued text', () => {
  it('have the likeliest of tokens that are spelled alike, and the token itself', () => {
    const token: TokenRecord = {
      ...{ text: 'a', bytes: [97], logprob: -3, offset: 0 },
      top: [part(0xe2, -0.5), part(0xe3, -1.5)],
    };
    assert.deepEqual(textLogprobs([token]), {
      ...{ tokens: ['a'], token_logprobs: [-3], text_offset: [0] },
      top_logprobs: [{ a: -3, '\ufffd': -0.5 }],
    });
  });
});
