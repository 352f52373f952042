import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type OpenAI from 'openai';
import { asked, chat, prompt, readLog, withLog, withTeacher } from './with-teacher.ts';

describe('the offline teacher, asked through the openai client', () => {
  it('answers a chat request with tasks, usage and rate-limit headers', () =>
    withTeacher({}, async (client) => {
      const { data, response } = await client.chat.completions.create(chat(prompt)).withResponse();
      assert.match(data.choices[0]?.message.content ?? '', /\n4\. Output:\n[\s\S]+\n5\. Instruction: /);
      assert.equal(data.model, 'offline-composer');
      assert.equal(data.system_fingerprint, 'offline-composer-is-no-language-model');
      assert.equal(data.usage?.prompt_tokens, 53);
      assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
      assert.equal(response.headers.get('x-ratelimit-limit-requests'), '60000');
      assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '59999');
    }));

  it('streams the same protocol in pieces, with usage on request', () =>
    withTeacher({}, async (client) => {
      const request = {
        ...chat(prompt),
        stream: true as const,
        stream_options: { include_usage: true },
        max_tokens: 120,
      };
      const [pieces, reasons, usages]: [string[], unknown[], unknown[]] = [[], [], []];
      for await (const chunk of await client.chat.completions.create(request)) {
        pieces.push(chunk.choices[0]?.delta.content ?? '');
        reasons.push(chunk.choices[0]?.finish_reason);
        if (chunk.usage) usages.push(chunk.usage.completion_tokens);
      }
      assert.match(pieces.join(''), /\n4\. Input:\n/);
      assert.ok(pieces.length > 12);
      assert.deepEqual(reasons.slice(-2), ['length', undefined]);
      assert.deepEqual(usages, [120]);
    }));

  it('answers a legacy completion for each of five prompts, n times', () =>
    withTeacher({}, async (client) => {
      const prompts = [4, 5, 6, 7, 8].map((next) =>
        prompt.replace('4. Instruction:', `${next}. Instruction:`),
      );
      const { choices } = await client.completions.create({ ...asked, prompt: prompts, n: 2 });
      assert.deepEqual(
        choices.map(({ index }) => index),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
      const numbers = choices.map(({ text }) => /\n(\d+)\. Input:/.exec(text)?.[1]);
      assert.deepEqual(numbers, ['4', '4', '5', '5', '6', '6', '7', '7', '8', '8']);
      assert.equal(new Set(choices.map(({ text }) => text)).size, 10);
    }));

  it('lists its models and says what they are', () =>
    withTeacher({}, async (client) => {
      const models = await client.models.list();
      assert.deepEqual(
        models.data.map(({ id, owned_by }) => [id, owned_by]),
        [
          ['offline-composer', 'offline (no language model)'],
          ['offline-hashing', 'offline (no language model)'],
        ],
      );
    }));

  it('judges by the computed truth', () =>
    withTeacher({}, async (client) => {
      const instruction = 'How many metres are 3 kilometres?';
      const ask = async (first: string, second: string) => {
        const tags = { instruction, input: '', answer_1: first, answer_2: second };
        const text = Object.entries(tags)
          .map(([tag, value]) => `<${tag}>\n${value}\n</${tag}>`)
          .join('\n');
        const { choices } = await client.chat.completions.create(chat(`Which is better?\n${text}`));
        return choices[0]?.message.content;
      };
      assert.equal(await ask('3 kilometres are 3000 metres.', 'Not many.'), '{"preference":1}');
      assert.equal(await ask('Not many.', '3 kilometres are 3000 metres.'), '{"preference":2}');
      assert.equal(await ask('Not many.', 'Not many.'), '{"preference":0}');
    }));
});

describe('answers over time', () => {
  const history = async (client: OpenAI) => {
    const texts: unknown[] = [];
    for (const content of [prompt, prompt, `Be kind. ${prompt}`, prompt]) {
      texts.push((await client.chat.completions.create(chat(content))).choices[0]?.message.content);
    }
    return texts;
  };

  it('differ when the same request is asked again', () =>
    withTeacher({}, async (client) => {
      assert.equal(new Set(await history(client)).size, 4);
    }));

  it('are the same from a restarted teacher with the same seed and history, and others from another seed', async () => {
    const answers: unknown[][] = [];
    for (const seed of ['a', 'a', 'b']) {
      await withTeacher({ seed }, async (client) => {
        answers.push(await history(client));
      });
    }
    assert.deepEqual(answers[1], answers[0]);
    assert.notDeepEqual(answers[2], answers[0]);
  });
});

describe('the request log', () => {
  it('has one line for each answered request, whatever the answer', () =>
    withLog(async (log) => {
      await withTeacher({ log, requestsPerMinute: 3 }, async (client) => {
        await client.chat.completions.create(chat(prompt));
        await client.chat.completions.create(chat(prompt), { headers: { 'Idempotency-Key': 'key-1' } });
        await client.completions.create({ ...asked, prompt: [prompt, 'other'] });
        await assert.rejects(client.chat.completions.create(chat(prompt)), { status: 429 });
        await assert.rejects(client.chat.completions.create({ ...chat(prompt), model: 'gpt' }), {
          status: 404,
        });
      });
      const lines = await readLog(log);
      assert.deepEqual(
        lines.map(({ path, status, occurrence, fault }) => [path, status, occurrence, fault]),
        [
          ['/v1/chat/completions', 200, 0, null],
          ['/v1/chat/completions', 200, 1, null],
          ['/v1/completions', 200, 0, null],
          ['/v1/chat/completions', 429, -1, 'limit'],
          ['/v1/chat/completions', 404, -1, 'unknownModel'],
        ],
      );
      assert.equal(lines[0]?.request, lines[1]?.request);
      assert.deepEqual(lines.map(({ idempotencyKey }) => idempotencyKey).slice(0, 2), [null, 'key-1']);
      assert.deepEqual(
        lines.map(({ prompts }) => prompts.length),
        [1, 1, 2, 1, 1],
      );
      assert.match(lines[0]?.prompts[0] ?? '', /^[0-9a-f]{12}$/);
      assert.equal(lines[0]?.prompts[0], lines[2]?.prompts[0]);
      assert.ok(lines.every(({ status, completionTokens }) => completionTokens > 0 === (status === 200)));
    }));
});
