import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { statePrice } from '../../../../../workers/command/run/price.ts';

describe('--price', () => {
  it('is stated for the paid teacher as if its variable were set', () => {
    const env: NodeJS.ProcessEnv = {};
    assert.equal(statePrice('0.5,1.5', ['my-vllm', 'offline', 'my-vllm'], env), 'ALPACA_MY_VLLM_PRICE');
    assert.deepEqual(env, { ALPACA_MY_VLLM_PRICE: '0.5,1.5' });
  });

  it('changes nothing where it is not given', () => {
    const env: NodeJS.ProcessEnv = {};
    assert.equal(statePrice(undefined, ['openai'], env), null);
    assert.deepEqual(env, {});
  });

  for (const [price, teachers, says] of [
    ['cheap', ['openai'], /--price is "cheap", which is no price/],
    ['1,2', ['offline'], /none is asked: leave it out/],
    ['1,2', ['openai', 'mine'], /set ALPACA_OPENAI_PRICE and ALPACA_MINE_PRICE in its place/],
  ] as const) {
    it(`is wrong usage as ${price} of ${teachers.join(' and ')}`, () => {
      const env: NodeJS.ProcessEnv = {};
      assert.throws(() => statePrice(price, teachers, env), { name: 'UsageError', message: says });
      assert.deepEqual(env, {});
    });
  }
});
