import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import { statePrice } from '../../../../../workers/command/run/price.ts';
import { profileOf } from '../../../activities/teacher/scripted-teacher.ts';

const PRICES: Record<string, TeacherProfile['price']> = {
  openai: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
  mine: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
  ollama: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
  deepseek: null,
};
const profiles = async () => ({
  names: Object.keys(PRICES),
  get: (name: string) => ({ ...profileOf('http://127.0.0.1:1/v1'), name, price: PRICES[name] ?? null }),
});

describe('--price', () => {
  it('is stated for the paid teacher as if its variable were set', async () => {
    const env: NodeJS.ProcessEnv = {};
    assert.equal(await statePrice('0.5,1.5', ['my-vllm', 'offline', 'my-vllm'], env), 'ALPACA_MY_VLLM_PRICE');
    assert.deepEqual(env, { ALPACA_MY_VLLM_PRICE: '0.5,1.5' });
  });

  it('is of the one teacher without a price, or, where all have one, of the one that costs', async () => {
    for (const [teachers, variable] of [
      [['deepseek', 'ollama'], 'ALPACA_DEEPSEEK_PRICE'],
      [['openai', 'ollama', 'deepseek'], 'ALPACA_DEEPSEEK_PRICE'],
      [['ollama', 'openai'], 'ALPACA_OPENAI_PRICE'],
    ] as const)
      assert.equal(await statePrice('1,2', teachers, {}, profiles), variable);
  });

  it('changes nothing where it is not given', async () => {
    const env: NodeJS.ProcessEnv = {};
    assert.equal(await statePrice(undefined, ['openai'], env), null);
    assert.deepEqual(env, {});
  });

  for (const [price, teachers, says] of [
    ['cheap', ['openai'], /--price is "cheap", which is no price/],
    ['1,2', ['offline'], /none is asked: leave it out/],
    ['1,2', ['openai', 'mine'], /set ALPACA_OPENAI_PRICE and ALPACA_MINE_PRICE in its place/],
  ] as const) {
    it(`is wrong usage as ${price} of ${teachers.join(' and ')}`, async () => {
      const env: NodeJS.ProcessEnv = {};
      await assert.rejects(statePrice(price, teachers, env, profiles), { name: 'UsageError', message: says });
      assert.deepEqual(env, {});
    });
  }
});
