import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import type { TransportFaults } from '../../../../workers/offline-teacher/options.ts';
import { startOfflineTeacher } from '../../../../workers/offline-teacher/server.ts';
import { NO_FAULTS } from './no-faults.ts';
import { asked, chat, type Options, prompt, readLog, withLog, withTeacher } from './with-teacher.ts';

describe('faults of transport', () => {
  const only = (fault: keyof TransportFaults, options: Options = {}): Options => ({
    ...options,
    faults: { ...NO_FAULTS, [fault]: 1 },
  });

  it('send 429 with the time to wait, in seconds and in milliseconds', () =>
    withTeacher(only('rateLimited'), async (client) => {
      await assert.rejects(client.chat.completions.create(chat(prompt)), (error: unknown) => {
        assert.ok(error instanceof OpenAI.RateLimitError);
        assert.equal(error.headers.get('retry-after'), '1');
        assert.equal(error.headers.get('retry-after-ms'), '250');
        return error.code === 'rate_limit_exceeded';
      });
    }));

  it('send 500 or 503', () =>
    withTeacher(only('serverError'), (client) =>
      assert.rejects(client.chat.completions.create(chat(prompt)), OpenAI.InternalServerError),
    ));

  it('cut the connection in the middle of the body, plain and streamed', () =>
    withTeacher(only('cutConnection'), async (client) => {
      await assert.rejects(
        client.chat.completions.create(chat(prompt)),
        /terminated|premature|aborted|closed/i,
      );
      const stream = await client.chat.completions.create({ ...chat(prompt), stream: true });
      let pieces = 0;
      await assert.rejects(async () => {
        for await (const _ of stream) pieces += 1;
      });
      assert.ok(pieces > 0, 'it broke in the middle, not at the start');
    }));

  it('send a body that is no JSON, or one without choices', async () => {
    await withTeacher(only('malformedBody'), (client) =>
      assert.rejects(client.chat.completions.create(chat(prompt)), SyntaxError),
    );
    await withTeacher(only('emptyChoices'), async (client) => {
      assert.deepEqual((await client.chat.completions.create(chat(prompt))).choices, []);
    });
  });

  it('are slow', () =>
    withTeacher(only('slow', { slowMs: 120 }), async (client) => {
      const started = performance.now();
      await client.chat.completions.create(chat(prompt));
      assert.ok(performance.now() - started >= 119);
    }));

  it('depend on the request and the attempt, the same way each time', async () => {
    const courses: string[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const faults = { ...NO_FAULTS, serverError: 0.5 };
      await withLog(async (log) => {
        await withTeacher({ log, faults }, async (client) => {
          for (let index = 0; index < 12; index += 1) {
            await client.completions.create({ ...asked, prompt: `question ${index % 4}` }).catch(() => {});
          }
        });
        courses.push((await readLog(log)).map(({ occurrence, status }) => `${occurrence}: ${status}`));
      });
    }
    assert.deepEqual(courses[0], courses[1]);
    const answered = courses[0]?.filter((line) => line.endsWith('200')).length ?? 0;
    assert.ok(answered > 2 && answered < 10, `${answered} of 12 attempts answered`);
  });
});

describe('limits and wrong requests', () => {
  it('enforces requests in a window and admits again after it', () =>
    withTeacher({ requestsPerMinute: 2, limitWindowMs: 300 }, async (client) => {
      await client.chat.completions.create(chat(prompt));
      await client.chat.completions.create(chat(prompt));
      const refused = await client.chat.completions.create(chat(prompt)).catch((error: unknown) => error);
      assert.ok(refused instanceof OpenAI.RateLimitError);
      const wait = Number(refused.headers.get('retry-after-ms'));
      assert.ok(wait > 0 && wait <= 300, `${wait} ms`);
      await new Promise((resolve) => setTimeout(resolve, wait + 5));
      await client.chat.completions.create(chat(prompt));
    }));

  it('counts tokens: prompt and max_tokens when asked, what was used when answered', () =>
    withTeacher({ tokensPerMinute: 4000 }, async (client) => {
      await client.chat.completions.create({ ...chat(prompt), max_tokens: 100 });
      await client.chat.completions.create(chat(prompt));
      const refused = client.chat.completions.create(chat(prompt));
      await assert.rejects(refused, /Rate limit reached for offline-composer \(tokens per minute\)/);
      const tooLarge = client.chat.completions.create({ ...chat(prompt), max_tokens: 4000 });
      await assert.rejects(tooLarge, /Request too large/);
    }));

  it('answers with OpenAI’s errors: key, model, context, field, body, path', () =>
    withTeacher({ apiKey: 'right', contextTokens: 1000 }, async (client, { url }) => {
      await assert.rejects(client.chat.completions.create(chat(prompt)), OpenAI.AuthenticationError);
      const known = new OpenAI({ baseURL: url, apiKey: 'right', maxRetries: 0 });
      await assert.rejects(known.chat.completions.create({ ...chat('hello'), model: 'gpt-9' }), {
        status: 404,
        code: 'model_not_found',
      });
      await assert.rejects(known.chat.completions.create(chat(prompt)), {
        status: 400,
        code: 'context_length_exceeded',
        message: /Please reduce your prompt/,
      });
      await assert.rejects(known.chat.completions.create({ ...chat('hello'), n: 99 }), {
        status: 400,
        param: 'n',
      });
      const headers = { authorization: 'Bearer right', 'content-type': 'application/json' };
      const broken = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body: '{"model":' });
      assert.equal(broken.status, 400);
      assert.equal(typeof ((await broken.json()) as { error: { message: string } }).error.message, 'string');
      assert.equal((await fetch(`${url}/moderations`, { method: 'POST', headers, body: '{}' })).status, 404);
    }));

  it('logs what it turns away too', () =>
    withLog((log) =>
      withTeacher({ log, apiKey: 'right' }, async (client, { url }) => {
        await assert.rejects(client.chat.completions.create(chat(prompt)));
        const known = new OpenAI({ baseURL: url, apiKey: 'right', maxRetries: 0 });
        await assert.rejects(known.chat.completions.create({ ...chat('hello'), n: 99 }));
        const headers = { 'content-type': 'application/json' };
        await fetch(`${url}/completions`, { method: 'POST', headers, body: '{' });
        const lines = await readLog(log);
        assert.deepEqual(
          lines.map(({ status, fault, occurrence }) => [status, fault, occurrence]),
          [
            [401, 'wrongKey', -1],
            [400, 'wrongField', -1],
            [400, 'unreadable', -1],
          ],
        );
      }),
    ));

  it('starts only with options that make sense', async () => {
    await assert.rejects(startOfflineTeacher({ faults: { serverError: 2 } }), {
      code: 'Configuration',
      message: /faults\.serverError/,
    });
    await assert.rejects(startOfflineTeacher({ log: '/no/such/folder/requests.jsonl' }), {
      code: 'Configuration',
    });
    await withTeacher({}, async (_, { url }) => {
      const port = Number(new URL(url).port);
      await assert.rejects(startOfflineTeacher({ port }), { code: 'Configuration', message: /EADDRINUSE/ });
    });
  });
});
