import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  loadProfiles,
  longestTimeoutMs,
  priceOf,
} from '../../../../../activities/teacher/profile/profiles.ts';

const PRICE = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };

describe('the built-in profiles', () => {
  it('has the offline teacher at the address it listens on, free and without a key', async () => {
    const profiles = await loadProfiles({ env: {}, offlineTeacherUrl: 'http://127.0.0.1:5001/v1' });
    const offline = profiles.get('offline');
    assert.equal(offline.baseUrl, 'http://127.0.0.1:5001/v1');
    assert.equal(offline.model, 'offline-composer');
    assert.equal(offline.apiKeyVariable, null);
    assert.deepEqual(priceOf(offline), { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
  });

  it('counts the offline teacher at a price that is stated for it, as to try what a budget does', async () => {
    const env = { ALPACA_OFFLINE_PRICE: '0.5,1.5' };
    const profiles = await loadProfiles({ env, offlineTeacherUrl: 'http://127.0.0.1:5001/v1' });
    const { price } = profiles.get('offline');
    assert.deepEqual(price, { inputUsdPerMillion: 0.5, outputUsdPerMillion: 1.5 });
  });

  it('says how to start the offline teacher where it is not running', async () => {
    const profiles = await loadProfiles({ env: {} });
    assert.throws(() => profiles.get('offline'), {
      code: 'Configuration',
      message: /npm run up.*ALPACA_OFFLINE_TEACHER_URL/,
    });
  });

  it('has a model that this machine computes where it listens: free, asked to go on with the list', async () => {
    const env = { ALPACA_LOCAL_TEACHER_URL: 'http://127.0.0.1:5002/v1' };
    const local = (await loadProfiles({ env })).get('local');
    assert.deepEqual(
      [local.baseUrl, local.model, local.style, local.concurrency, local.apiKeyVariable],
      ['http://127.0.0.1:5002/v1', 'smollm2-135m', 'completions', 4, null],
    );
    assert.deepEqual(priceOf(local), { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
    const away = await loadProfiles({ env: {} });
    assert.throws(() => away.get('local'), {
      code: 'Configuration',
      message: /npm start -- --teacher local.*npx alpaca down/,
    });
  });

  it('makes `openai` of the environment', async () => {
    const env = { OPENAI_MODEL: 'some-model', ALPACA_OPENAI_PRICE: '0.5, 1.5' };
    const openai = (await loadProfiles({ env })).get('openai');
    assert.deepEqual(openai, {
      name: 'openai',
      file: null,
      preset: null,
      baseUrl: 'https://api.openai.com/v1',
      apiKeyVariable: 'OPENAI_API_KEY',
      apiKeyHeader: null,
      query: {},
      model: 'some-model',
      style: 'chat',
      price: { inputUsdPerMillion: 0.5, outputUsdPerMillion: 1.5 },
      timeoutMs: 240_000,
      maxAnswerBytes: null,
      concurrency: null,
      output: 'text',
      limits: null,
      repeatsHeading: true,
      wrapsList: true,
      thinkingMarks: ['<think>', '</think>'],
      maxTokensParameter: 'max_completion_tokens',
      supportsStop: true,
      supportsSampling: true,
      supportsTopP: true,
      supportsPresencePenalty: true,
      supportsLogitBias: true,
      supportsPromptList: true,
      idempotencyHeader: null,
      batch: null,
      embeddingModel: null,
      embeddingUsdPerMillion: null,
      embeddingLimits: null,
    });
  });

  it('takes the embedding model of `openai` and its price from the environment', async () => {
    const env = {
      OPENAI_MODEL: 'some-model',
      OPENAI_EMBEDDING_MODEL: 'some-embedder',
      ALPACA_OPENAI_EMBEDDING_PRICE: '0.02',
    };
    const openai = (await loadProfiles({ env })).get('openai');
    assert.equal(openai.embeddingModel, 'some-embedder');
    assert.equal(openai.embeddingUsdPerMillion, 0.02);
    const wrong = await loadProfiles({ env: { ...env, ALPACA_OPENAI_EMBEDDING_PRICE: '0.02,1' } });
    assert.throws(() => wrong.get('openai'), {
      code: 'Configuration',
      message:
        'ALPACA_OPENAI_EMBEDDING_PRICE is "0.02,1", which is no price. Give dollars per million tokens, such as 0.02.',
    });
  });

  it('asks other servers for `max_tokens`', async () => {
    const env = { OPENAI_MODEL: 'some-model', OPENAI_BASE_URL: 'http://10.0.0.1:8000/v1' };
    const openai = (await loadProfiles({ env })).get('openai');
    assert.equal(openai.baseUrl, 'http://10.0.0.1:8000/v1');
    assert.equal(openai.maxTokensParameter, 'max_tokens');
  });

  for (const [env, variable] of [
    [{}, 'OPENAI_MODEL'],
    [{ OPENAI_MODEL: 'm', OPENAI_BASE_URL: 'ftp://example' }, 'OPENAI_BASE_URL is no http or https URL'],
    [
      { OPENAI_MODEL: 'm', OPENAI_BASE_URL: 'http://me:pass@h/v1' },
      'OPENAI_BASE_URL .* has a user, a password or a query in it',
    ],
    [{ OPENAI_MODEL: 'm', ALPACA_OPENAI_PRICE: 'cheap' }, 'ALPACA_OPENAI_PRICE'],
  ] as const) {
    it(`names ${variable} where it is what is wrong`, async () => {
      const profiles = await loadProfiles({ env });
      assert.throws(() => profiles.get('openai'), { code: 'Configuration', message: new RegExp(variable) });
    });
  }
});

describe('the price of a profile', () => {
  it('is refused where nobody states it, and says what to set', async () => {
    const openai = (await loadProfiles({ env: { OPENAI_MODEL: 'some-model' } })).get('openai');
    assert.throws(() => priceOf(openai), {
      code: 'Configuration',
      message:
        'The teacher profile "openai" has no price, and the price table has none for some-model. Give --price IN,OUT, or set ALPACA_OPENAI_PRICE=IN,OUT in the worker\'s environment: dollars per million input and output tokens. A free endpoint has 0,0.',
    });
  });

  it('is what its variable says, else what it states, else what the table has for its model', async () => {
    const file = JSON.stringify({
      'my-vllm': { baseUrl: 'http://h/v1', model: 'gpt-4o-mini', price: PRICE },
      listed: { baseUrl: 'http://h/v1', model: 'gpt-4o-mini' },
    });
    const profiles = await withFile(file, { ALPACA_MY_VLLM_PRICE: '3,4' });
    assert.deepEqual(priceOf(profiles.get('my-vllm')), { inputUsdPerMillion: 3, outputUsdPerMillion: 4 });
    assert.deepEqual(priceOf((await withFile(file)).get('my-vllm')), PRICE);
    assert.deepEqual(priceOf(profiles.get('listed')), {
      inputUsdPerMillion: 0.15,
      outputUsdPerMillion: 0.6,
    });
  });
});

describe('the price of `openai-batch`', () => {
  const price = async (env: NodeJS.ProcessEnv) =>
    priceOf((await loadProfiles({ env: { OPENAI_MODEL: 'some-model', ...env } })).get('openai-batch'));

  it('is what its own variable says, which --price sets, else that of `openai`', async () => {
    assert.deepEqual(await price({ ALPACA_OPENAI_BATCH_PRICE: '3,4', ALPACA_OPENAI_PRICE: '1,2' }), {
      inputUsdPerMillion: 3,
      outputUsdPerMillion: 4,
    });
    assert.deepEqual(await price({ ALPACA_OPENAI_PRICE: '1,2' }), PRICE);
  });
});

describe('what OpenAI’s own models take', () => {
  for (const [model, takes] of [
    ['gpt-4.1-mini', true],
    ['gpt-5-mini', false],
    ['o4-mini', false],
  ] as const) {
    it(`${takes ? 'sends' : 'does not send'} stop and temperature to ${model}`, async () => {
      const openai = (await loadProfiles({ env: { OPENAI_MODEL: model } })).get('openai');
      assert.equal(openai.supportsStop, takes);
      assert.equal(openai.supportsSampling, takes);
      assert.equal(openai.maxTokensParameter, 'max_completion_tokens');
    });
  }
});

describe('how long a worker may wait for an answer', () => {
  it('is the longest timeout of the profiles that are set up: its grace at a stop goes by it', async () => {
    const offlineTeacherUrl = 'http://127.0.0.1:5001/v1';
    const timeouts = async (env: NodeJS.ProcessEnv) =>
      longestTimeoutMs(await loadProfiles({ env, offlineTeacherUrl }));
    assert.equal(await timeouts({}), 60_000);
    assert.equal(await timeouts({ OPENAI_MODEL: 'some-model' }), 240_000);
    assert.equal(longestTimeoutMs(await loadProfiles({ env: {} })), 0);
  });
});

describe('an unknown profile', () => {
  it('is answered with the known ones', async () => {
    const profiles = await withFile('{"mine": {"baseUrl": "http://h/v1", "model": "m"}}');
    assert.throws(() => profiles.get('other'), {
      code: 'Configuration',
      message: /no teacher profile "other"; this worker knows offline, local, openai, openai-batch, mine\./,
    });
  });
});

describe('a file of profiles', () => {
  it('adds profiles with defaults, by the style that they ask in', async () => {
    const profiles = await withFile(
      JSON.stringify({
        legacy: { baseUrl: 'https://h/v1', model: 'm', style: 'completions', apiKeyVariable: 'K' },
      }),
    );
    const legacy = profiles.get('legacy');
    assert.equal(legacy.repeatsHeading, false);
    assert.equal(legacy.wrapsList, false);
    assert.equal(legacy.apiKeyVariable, 'K');
    assert.throws(
      () => priceOf(legacy),
      /"legacy" has no price.*ALPACA_LEGACY_PRICE.*A free endpoint has 0,0/,
    );
  });

  it('is free by a preset at a server of one’s own alone, and else wants its price', async () => {
    const local = { preset: 'vllm', model: 'm' };
    const file = JSON.stringify({
      local,
      near: { ...local, baseUrl: 'http://10.0.0.7:8000/v1' },
      far: { ...local, baseUrl: 'https://api.example/v1' },
      keyed: { ...local, baseUrl: 'http://10.0.0.7:8000/v1', apiKeyVariable: 'A_KEY' },
    });
    const profiles = await withFile(file);
    for (const name of ['local', 'near'])
      assert.deepEqual(priceOf(profiles.get(name)), { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
    for (const name of ['far', 'keyed'])
      assert.throws(() => priceOf(profiles.get(name)), { code: 'Configuration', message: /has no price/ });
  });

  it('takes the habits of an endpoint by its preset, beneath its own fields, and no model', async () => {
    const profiles = await withFile(
      JSON.stringify({
        mistral: { preset: 'mistral', model: 'mistral-small-latest' },
        own: { preset: 'mistral', model: 'm', apiKeyVariable: 'MINE', supportsStop: false },
        local: { preset: 'vllm', model: 'm', baseUrl: 'http://10.0.0.7:8000/v1' },
        azure: {
          ...{ preset: 'azure', model: 'm', baseUrl: 'https://me.openai.azure.com/openai/deployments/m' },
          query: { 'api-version': '2024-10-21' },
        },
      }),
    );
    const { baseUrl, apiKeyVariable, supportsLogitBias } = profiles.get('mistral');
    assert.deepEqual(
      [baseUrl, apiKeyVariable, supportsLogitBias],
      ['https://api.mistral.ai/v1', 'MISTRAL_API_KEY', false],
    );
    const own = profiles.get('own');
    assert.deepEqual([own.apiKeyVariable, own.supportsStop], ['MINE', false]);
    const local = profiles.get('local');
    assert.equal(local.baseUrl, 'http://10.0.0.7:8000/v1');
    assert.deepEqual(priceOf(local), { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
    const azure = profiles.get('azure');
    assert.deepEqual([azure.apiKeyHeader, azure.query], ['api-key', { 'api-version': '2024-10-21' }]);
    await assert.rejects(
      withFile('{"mine": {"preset": "mistral"}}').then((wrong) => wrong.get('mine')),
      /are wrong: mine\.model is missing: expected a text\./,
    );
  });

  for (const [text, says] of [
    [
      '{"mine": {"preset": "claude", "baseUrl": "http://h/v1", "model": "m"}}',
      /are wrong: mine\.preset is "claude": expected "openai" or "azure" or .* or "lmstudio"\./,
    ],
    [
      '{"mine": {"baseUrl": "http://h/v1", "model": "m", "query": {"key": "canary"}}}',
      /the name "key" is wrong: expected no key: the variable of one is apiKeyVariable\./,
    ],
    [
      '{"mine": {"baseUrl": "http://h/v1", "model": "m", "apiKeyHeader": "a b"}}',
      /mine\.apiKeyHeader is "a b": expected a text that matches/,
    ],
    [
      '{"mine": {"baseUrl": "http://h/v1", "model": "m", "prize": 1}}',
      /are wrong: mine has no field "prize"\./,
    ],
    ['{"mine": {"baseUrl": "http://h/v1"}}', /are wrong: mine\.model is missing: expected a text\./],
    [
      '{"mine": {"baseUrl": "http://h/v1", "model": "m", "style": "completions", "output": "structured"}}',
      /are wrong: mine\.output is "structured": only the style "chat" has structured output/,
    ],
    [
      '{"mine": {"baseUrl": "h", "model": "m"}}',
      /mine\.baseUrl is "h": expected an http or https URL without/,
    ],
    [
      '{"mine": {"baseUrl": "http://me:pass@h/v1?key=secret", "model": "m"}}',
      /mine\.baseUrl is "http:\/\/\[key\]h\/v1\[key\]": expected an http or https URL without user, password and query/,
    ],
    [
      '{"mine": {"baseUrl": "http://h", "model": "m", "limits": {"requestsPerMinute": 0}}}',
      /mine\.limits\.requestsPerMinute is 0: expected at least 1\./,
    ],
    ['{"my own": {"baseUrl": "http://h", "model": "m"}}', /the name "my own" is wrong: expected a text that/],
    ['[]', /are wrong: the file is \[\]: expected an object\./],
    ['{"mine": ', /cannot be read: SyntaxError/],
  ] as const) {
    it(`is refused where it is ${text}`, async () => {
      const asked = withFile(text).then((read) => read.get('mine'));
      await assert.rejects(asked, { code: 'Configuration', message: says });
    });
  }

  it('may have a profile that is wrong beside others, which are used all the same', async () => {
    const profiles = await withFile(
      '{"mine": {"baseUrl": "h"}, "other": {"baseUrl": "http://h", "model": "m"}}',
    );
    assert.equal(profiles.get('other').model, 'm');
    assert.throws(() => profiles.get('mine'), /are wrong: mine\.baseUrl is "h"/);
    assert.deepEqual(profiles.names.slice(-2), ['mine', 'other']);
  });

  it('is refused where it is missing', async () => {
    await assert.rejects(loadProfiles({ env: {}, teachersFile: '/nowhere/teachers.json' }), {
      code: 'Configuration',
      message: /^There is no file \/nowhere\/teachers\.json, which ALPACA_TEACHERS names\./,
    });
  });
});

async function withFile(text: string, env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-profiles-'));
  try {
    await writeFile(join(folder, 'teachers.json'), text);
    return await loadProfiles({ env, teachersFile: join(folder, 'teachers.json') });
  } finally {
    await rm(folder, { recursive: true });
  }
}
