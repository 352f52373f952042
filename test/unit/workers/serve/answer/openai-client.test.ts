import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { type ModelServer, startModelServer } from '../../../../../workers/serve/server.ts';
import { scriptedModels } from '../served-model.ts';

/** The unmodified client of OpenAI against answers that are known, a byte a token. */

const models = scriptedModels(['tuned'], ({ prompt, options }) =>
  prompt.includes('slow') ? slowly('yes') : [`é${options.seed}!`, ' END'],
);
let server: ModelServer;
let openai: OpenAI;
before(async () => {
  server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null, keepAliveMs: 5 });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => server.close());

async function* slowly(text: string): AsyncGenerator<string> {
  for (const character of text) {
    await sleep(60);
    yield character;
  }
}

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });
const hello = { model: 'tuned', messages: [user('Greet me.')] };

describe('n', () => {
  it('is answers to one prompt, each with a seed of its own, the prompt counted once', async () => {
    const answer = await openai.chat.completions.create({ ...hello, n: 3, seed: 7, stop: [' END', 'never'] });
    assert.deepEqual(
      answer.choices.map(({ index, message }) => [index, message.content]),
      [
        [0, 'é7!'],
        [1, 'é8!'],
        [2, 'é9!'],
      ],
    );
    assert.deepEqual(answer.usage, { prompt_tokens: 148, completion_tokens: 24, total_tokens: 172 });
  });

  it('streams one answer after the other', async () => {
    const texts = ['', ''];
    const ends: string[] = [];
    const stream = await openai.chat.completions.create({ ...hello, n: 2, seed: 1, stream: true });
    for await (const { choices } of stream)
      for (const { index, delta, finish_reason: reason } of choices) {
        texts[index] += delta.content ?? '';
        if (reason) ends.push(`${index} ${reason}`);
      }
    assert.deepEqual(texts, ['é1! END', 'é2! END']);
    assert.deepEqual(ends, ['0 stop', '1 stop']);
  });

  it('is of each prompt of a list, all of the first before those of the second', async () => {
    await openai.completions.create({ model: 'tuned', prompt: ['One', 'Two'], n: 2, seed: 3 });
    assert.deepEqual(
      models.asked.slice(-4).map(({ prompt, options }) => [prompt, options.seed]),
      [
        ['One', 3],
        ['One', 4],
        ['Two', 5],
        ['Two', 6],
      ],
    );
  });
});

describe('logprobs', () => {
  /** é is two tokens; the token after 0xc3 = 195 is 0xa9 = 169, then comes the seed's digit 49 and `!`, 33. */
  const SAID = [
    { token: '\ufffd', bytes: [195], logprob: -0.195 },
    { token: '\ufffd', bytes: [169], logprob: -0.169 },
    { token: '1', bytes: [49], logprob: -0.049 },
    { token: '!', bytes: [33], logprob: -0.033 },
  ];
  const asked = { ...hello, seed: 1, stop: ' END', logprobs: true };

  it('are of every token that is shown, and none behind a stop sequence', async () => {
    const { choices } = await openai.chat.completions.create(asked);
    assert.deepEqual(
      choices[0]?.logprobs?.content,
      SAID.map((token) => ({ ...token, top_logprobs: [] })),
    );
  });

  it('have the likeliest beside them, as bytes that put together are the text', async () => {
    const { choices } = await openai.chat.completions.create({ ...asked, top_logprobs: 2 });
    const content = choices[0]?.logprobs?.content ?? [];
    assert.deepEqual(content[3]?.top_logprobs, [
      { token: '!', bytes: [33], logprob: -0.033 },
      { token: '"', bytes: [34], logprob: -0.034 },
    ]);
    const bytes = content.flatMap((token) => token.bytes ?? []);
    assert.equal(Buffer.from(bytes).toString(), choices[0]?.message.content);
  });

  it('stream with the text that their tokens begin in', async () => {
    const stream = await openai.chat.completions.create({ ...asked, stream: true });
    const events: [string, (number[] | null)[]][] = [];
    for await (const { choices } of stream)
      for (const { delta, logprobs } of choices)
        if (logprobs) events.push([delta.content ?? '', (logprobs.content ?? []).map(({ bytes }) => bytes)]);
    assert.deepEqual(events, [
      ['é', [[195], [169]]],
      ['1', [[49]]],
      ['!', [[33]]],
    ]);
  });

  it('of a continued text have the form of that endpoint', async () => {
    const { choices } = await openai.completions.create({
      ...{ model: 'tuned', prompt: 'One', seed: 1, stop: ' END', logprobs: 1 },
    });
    assert.deepEqual(choices[0]?.logprobs, {
      tokens: ['\ufffd', '\ufffd', '1', '!'],
      token_logprobs: [-0.195, -0.169, -0.049, -0.033],
      top_logprobs: [{ '\ufffd': -0.195 }, { '\ufffd': -0.169 }, { 1: -0.049 }, { '!': -0.033 }],
      text_offset: [0, 1, 2, 3],
    });
  });

  it('are not there where nobody asks', async () => {
    const { choices } = await openai.chat.completions.create(hello);
    assert.equal(choices[0]?.logprobs, null);
    assert.equal(models.asked.at(-1)?.options.topLogprobs, null);
  });
});

describe('a conversation', () => {
  const turns = (count: number) =>
    Array.from({ length: count }, (_, i) => [
      user(`Question ${i + 1}.`),
      assistant(`Answer ${i + 1}.`),
    ]).flat();
  /** Each turn is 165 tokens or so of the 400 that the context has, and the system message 11. */
  const long = {
    model: 'tuned',
    messages: [{ role: 'system' as const, content: 'Be brief.' }, ...turns(3), user('And now?')],
    max_tokens: 10,
  };

  it('longer than the context is refused, and told how it need not be', async () => {
    for (const asked of [long, { ...long, truncation: 'disabled' }])
      await assert.rejects(openai.chat.completions.create(asked), {
        status: 400,
        code: 'context_length_exceeded',
        message: /400 tokens, and the prompt alone has \d+\. Shorten it, or send truncation: "auto" to leave/,
      });
  });

  it('is cut by whole turns where the client says so, which the answer tells', async () => {
    const answer = await openai.chat.completions.create({ ...long, ...{ truncation: 'auto' } });
    assert.equal('dropped_messages' in answer && answer.dropped_messages, 4);
    const prompt = models.asked.at(-1)?.prompt ?? '';
    assert.deepEqual(prompt.match(/Be brief\.|Question \d|Answer \d|And now/g), [
      ...['Be brief.', 'Question 3', 'Answer 3', 'And now'],
    ]);
  });

  it('is so in a stream, in every event', async () => {
    const stream = await openai.chat.completions.create({ ...long, ...{ truncation: 'auto' }, stream: true });
    const told = new Set<unknown>();
    for await (const event of stream) told.add('dropped_messages' in event && event.dropped_messages);
    assert.deepEqual([...told], [4]);
  });

  it('that leaves the answer its share of the context is not cut, and nothing is told', async () => {
    const short = { ...long, messages: [...turns(1), user('And now?')], ...{ truncation: 'auto' } };
    const answer = await openai.chat.completions.create(short);
    assert.equal('dropped_messages' in answer, false);
    assert.match(models.asked.at(-1)?.prompt ?? '', /Question 1/);
    const { max_tokens: _, ...unlimited } = short;
    const cut = await openai.chat.completions.create(unlimited);
    assert.equal('dropped_messages' in cut && cut.dropped_messages, 2);
  });

  it('whose last question alone is too long is refused all the same', async () => {
    const messages = [...turns(1), user('y'.repeat(400))];
    await assert.rejects(
      openai.chat.completions.create({ ...long, messages, ...{ truncation: 'auto' } }),
      /the prompt alone has 5\d\d\. Shorten it\.$/,
    );
  });
});

describe('penalties', () => {
  it('reach the model', async () => {
    await openai.chat.completions.create({ ...hello, presence_penalty: 0.5, frequency_penalty: -0.25 });
    const { presencePenalty, frequencyPenalty } = models.asked.at(-1)?.options ?? {};
    assert.deepEqual([presencePenalty, frequencyPenalty], [0.5, -0.25]);
  });
});

describe('a stream', () => {
  it('says in every event that its usage is not there yet, and at last what it was', async () => {
    const stream = await openai.chat.completions.create({
      ...{ ...hello, seed: 1, stop: ' END', stream: true as const, stream_options: { include_usage: true } },
    });
    const usages = [];
    for await (const { usage } of stream) usages.push(usage?.completion_tokens ?? usage);
    // Of é, 1, ! and the end; the stop sequence's four tokens were made too.
    assert.deepEqual(usages, [null, null, null, null, 8]);
  });

  it('that has nothing to say shows that it is alive, which clients pass over', async () => {
    const asked = { model: 'tuned', messages: [user('Be slow.')], stream: true as const };
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    assert.match(await response.text(), /^: waiting\n\n/);
    let text = '';
    for await (const { choices } of await openai.chat.completions.create(asked))
      text += choices[0]?.delta.content ?? '';
    assert.equal(text, 'yes');
  });

  it('leaves its connection open for the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { port } = new URL(server.url);
    const ask = async () => {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const sent = request(
        {
          ...{ agent, host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST' },
          headers: { 'content-type': 'application/json' },
        },
        (response) => response.resume().on('end', () => resolve(sent.reusedSocket)),
      );
      sent.on('error', reject).end(JSON.stringify({ ...hello, stream: true }));
      return promise;
    };
    assert.deepEqual([await ask(), await ask()], [false, true]);
    agent.destroy();
  });
});

describe('a form that an answer is to have', () => {
  it('is refused by name', async () => {
    await assert.rejects(
      openai.chat.completions.create({ ...hello, response_format: { type: 'json_object' } }),
      { status: 400, param: 'response_format.type', message: /this server only takes "text" here/ },
    );
  });
});
