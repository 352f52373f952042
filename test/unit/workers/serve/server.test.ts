import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { type APIError } from 'openai';
import { AlpacaError } from '../../../../activities/errors.ts';
import { type ModelServer, startModelServer } from '../../../../workers/serve/server.ts';
import { scriptedModels } from './served-model.ts';

const TEMPLATE = `Below is an instruction that describes a task. Write a response that appropriately completes the request.

### Instruction:
{}

### Response:`;

async function* slowly(text: string): AsyncGenerator<string> {
  for (const character of text) {
    await sleep(2);
    yield character;
  }
}

describe('the OpenAI-compatible server', () => {
  const models = scriptedModels(['tuned', 'base'], ({ prompt }) =>
    prompt.includes('for ever') ? slowly('x'.repeat(10_000)) : ['Héllo', ' <b>you</b>', ' END more'],
  );
  let server: ModelServer;
  let openai: OpenAI;
  before(async () => {
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
    openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  after(() => server.close());

  const ask = (body: object) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const hello = { model: 'tuned', messages: [{ role: 'user' as const, content: 'Greet me.' }] };

  it('lists its models', async () => {
    const names = [];
    for await (const { id } of openai.models.list()) names.push(id);
    assert.deepEqual(names, ['tuned', 'base']);
  });

  it('answers a chat with the recipe’s template and the original demo’s decoding', async () => {
    const answer = await openai.chat.completions.create(hello);

    const [choice] = answer.choices;
    assert.equal(choice?.message.content, 'Héllo <b>you</b> END more');
    assert.equal(choice?.finish_reason, 'stop');
    assert.deepEqual(answer.usage, { prompt_tokens: 148, completion_tokens: 26, total_tokens: 174 });
    assert.equal(answer.system_fingerprint, 'print-of-tuned');
    const asked = models.asked.at(-1);
    assert.equal(asked?.prompt, TEMPLATE.replace('{}', 'Greet me.'));
    assert.equal(asked?.options.temperature, 0.7);
    assert.equal(asked?.options.topP, 0.9);
    assert.deepEqual(asked?.options.stopIds, [0]);
    // 600 new tokens, of which the context of 400 has room for 252.
    assert.equal(asked?.options.maxNewTokens, 252);
  });

  it('shows earlier turns as earlier pairs in the same form, system messages before the first of them', async () => {
    await openai.chat.completions.create({
      model: 'tuned',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: 'said' },
        { role: 'user', content: [{ type: 'text', text: 'Now.' }] },
      ],
      max_tokens: 1,
    });
    assert.equal(
      models.asked.at(-1)?.prompt,
      `${TEMPLATE.replace('{}', 'Be brief.\n\nHi.')}said\0${TEMPLATE.replace('{}', 'Now.')}`,
    );
  });

  it('continues a text as it stands, each prompt a choice, a seed apart', async () => {
    const answer = await openai.completions.create({
      model: 'base',
      prompt: ['One', 'Two'],
      max_tokens: 3,
      seed: 7,
      temperature: 0,
    });
    assert.deepEqual(
      answer.choices.map(({ text, finish_reason: reason }) => [text, reason]),
      [
        ['Hé', 'length'],
        ['Hé', 'length'],
      ],
    );
    assert.deepEqual(
      models.asked.slice(-2).map(({ prompt, options: { seed, temperature } }) => [prompt, seed, temperature]),
      [
        ['One', 7, 0],
        ['Two', 8, 0],
      ],
    );
  });

  it('streams, with the usage at the end where asked', async () => {
    const stream = await openai.chat.completions.create({
      ...hello,
      stop: [' END'],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const reasons = [];
    let usage = null;
    for await (const event of stream) {
      text += event.choices[0]?.delta.content ?? '';
      if (event.choices[0]?.finish_reason) reasons.push(event.choices[0].finish_reason);
      usage = event.usage ?? usage;
    }
    assert.equal(text, 'Héllo <b>you</b>');
    assert.deepEqual(reasons, ['stop']);
    assert.equal(usage?.completion_tokens, 21);
  });

  it('stops decoding when the client goes away', async () => {
    const stream = await openai.chat.completions.create({
      model: 'tuned',
      messages: [{ role: 'user', content: 'Go on for ever.' }],
      stream: true,
    });
    for await (const _ of stream) break;
    for (let tries = 0; models.open > 0 && tries < 100; tries += 1) await sleep(10);
    assert.equal(models.open, 0);
  });

  it('asks nothing for a client that went away while his model was loaded', async (test) => {
    const [asked, loaded, released] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const scripted = scriptedModels(['tuned'], () => ['too late']);
    const take = async (name: string) => {
      asked?.resolve();
      await loaded?.promise;
      const taken = await scripted.take(name);
      return taken && { ...taken, release: () => released?.resolve() };
    };
    const loading = await startModelServer({
      ...{ models: { ...scripted, take }, host: '127.0.0.1', port: 0, token: null },
    });
    test.after(() => loading.close());
    const gone = new AbortController();
    const answered = fetch(`${loading.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(hello),
      signal: gone.signal,
    }).catch(() => 'gone');
    await asked?.promise;
    gone.abort();
    assert.equal(await answered, 'gone');
    await sleep(100);
    loaded?.resolve();
    await released?.promise;
    assert.deepEqual(scripted.asked, []);
  });

  it('lets so many wait and no more', async () => {
    const gone = new AbortController();
    const body = JSON.stringify({ ...hello, messages: [{ role: 'user', content: 'Go on for ever.' }] });
    const send = () =>
      fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: gone.signal,
      });
    const waiting = Array.from({ length: 72 }, () => send().catch(() => null));
    while (models.open < 8) await sleep(5);
    await sleep(50);
    const turnedAway = await send();
    assert.equal(turnedAway.status, 429);
    assert.equal(turnedAway.headers.get('retry-after'), '2');
    gone.abort();
    await Promise.all(waiting);
    for (let tries = 0; models.open > 0 && tries < 200; tries += 1) await sleep(10);
    assert.equal((await ask(hello)).status, 200);
  });

  describe('refuses in OpenAI’s form', () => {
    const cases: { given: string; body: object; status: number; code: string; says: RegExp }[] = [
      {
        given: 'an unknown model',
        body: { ...hello, model: 'gpt-9' },
        status: 404,
        code: 'model_not_found',
        says: /no model gpt-9 here; there is tuned, base/,
      },
      {
        given: 'a prompt longer than the context',
        body: { ...hello, messages: [{ role: 'user', content: 'y'.repeat(300) }] },
        status: 400,
        code: 'context_length_exceeded',
        says: /400 tokens, and the prompt alone has 439/,
      },
      {
        given: 'more than four answers',
        body: { ...hello, n: 5 },
        status: 400,
        code: 'invalid_value',
        says: /^n: .*<=4/,
      },
      {
        given: 'tools',
        body: { ...hello, tools: [{}] },
        status: 400,
        code: 'invalid_value',
        says: /^tools: this model calls none/,
      },
      {
        given: 'a token bias',
        body: { ...hello, logit_bias: { 50256: -100 } },
        status: 400,
        code: 'invalid_value',
        says: /^logit_bias/,
      },
      {
        given: 'no messages',
        body: { model: 'tuned', messages: [] },
        status: 400,
        code: 'invalid_value',
        says: /^messages/,
      },
    ];
    for (const { given, body, status, code, says } of cases)
      it(given, async () => {
        const response = await ask(body);
        assert.equal(response.status, status);
        const { error } = (await response.json()) as { error: APIError };
        assert.equal(error.code, code);
        assert.match(error.message, says);
      });

    it('what is no JSON, and what is too large', async () => {
      const post = (body: string) =>
        fetch(`${server.url}/v1/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
      assert.equal((await post('{bad')).status, 400);
      assert.equal((await post(`"${'z'.repeat(1 << 20)}"`)).status, 413);
    });
  });

  it('does not answer pages of other origins, or for another host name', async () => {
    const foreign = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify(hello),
    });
    assert.equal(foreign.status, 403);
    // Before browsers said where a request comes from, a page could send text without asking.
    const text = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(hello),
    });
    assert.equal(text.status, 400);
    const { port } = new URL(server.url);
    const named = request({ host: '127.0.0.1', port, path: '/v1/models', headers: { host: 'evil.example' } });
    const [{ statusCode }] = (await once(named.end(), 'response')) as [{ statusCode: number }];
    assert.equal(statusCode, 421);
  });
});

describe('a server that takes files too', () => {
  it('waits no longer for a question than one without them', async (test) => {
    const server = await startModelServer({
      ...{ models: scriptedModels(['tuned'], () => ['hi']), host: '127.0.0.1', port: 0, token: null },
      ...{ fineTuning: { routes: async () => {}, visitorOf: async () => null }, requestWithinMs: 50 },
    });
    test.after(() => server.close());
    const headers = { 'content-type': 'application/json', 'content-length': 100 };
    const asked = request(`${server.url}/v1/chat/completions`, { method: 'POST', headers });
    asked.write('{"model"');
    await assert.rejects(once(asked, 'response'), { code: 'ECONNRESET' });
  });
});

describe('a server that others can reach', () => {
  const models = scriptedModels(['tuned'], () => ['hi']);

  it('demands a token to be set', async () => {
    await assert.rejects(
      startModelServer({ models, host: '0.0.0.0', port: 0, token: null }),
      (error) => error instanceof AlpacaError && error.code === 'Configuration',
    );
  });

  it('takes the token as the API key and nothing else, and few guesses', async (test) => {
    const server = await startModelServer({
      models,
      host: '127.0.0.1',
      port: 0,
      token: 'a-long-random-text',
    });
    test.after(() => server.close());
    const list = (apiKey: string) =>
      new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 }).models.list();
    assert.equal((await list('a-long-random-text')).data.length, 1);
    for (let guess = 0; guess < 20; guess += 1) await assert.rejects(list(`guess ${guess}`), { status: 401 });
    await assert.rejects(list('a-long-random-text'), { status: 429 });
  });

  it('counts guesses by the address that a proxy names, where that is believed, and no host of a proxy', async (test) => {
    const token = 'a-long-random-text';
    const place = { models, host: '127.0.0.1', port: 0, token } as const;
    const behind = await startModelServer({ ...place, trustedProxies: '127.0.0.1' });
    const direct = await startModelServer(place);
    test.after(() => Promise.all([behind.close(), direct.close()]));
    const list = async (server: ModelServer, from: string, key: string, more: object = {}) => {
      const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': from, ...more };
      return (await fetch(`${server.url}/v1/models`, { headers })).status;
    };
    for (const server of [behind, direct])
      for (let guess = 0; guess < 20; guess += 1)
        assert.equal(await list(server, '8.8.8.8', `guess ${guess}`), 401);
    assert.equal(await list(behind, '8.8.8.8', token), 429);
    assert.equal(await list(behind, '8.8.4.4', token), 200);
    assert.equal(await list(direct, '8.8.4.4', token), 429);
    assert.equal(await list(behind, '8.8.4.4', token, { 'x-forwarded-host': 'evil.example' }), 200);
  });
});
