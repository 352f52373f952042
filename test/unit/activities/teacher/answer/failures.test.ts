import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import { createTeacherClient, type TeacherRequest } from '../../../../../activities/teacher/client.ts';
import type { TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { errorReply, type Reply, startScriptedTeacher } from '../scripted-teacher.ts';

const chat: TeacherRequest = {
  style: 'chat',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['20.'],
  messages: [{ role: 'user', content: 'Go on.' }],
};

describe('the failure map', () => {
  interface Case {
    when: string;
    reply: Reply;
    code: string;
    retryable: boolean;
    mayBePaid: boolean;
    says: RegExp;
  }
  const cases: Case[] = [
    {
      when: 'the key is wrong',
      reply: errorReply(401, { message: 'Incorrect API key provided: sk-secret.', code: 'invalid_api_key' }),
      code: 'Authentication',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" does not accept the key.*\[key\].*Set TEST_KEY/,
    },
    {
      when: 'the key may not use the model',
      reply: errorReply(403, { message: 'Not allowed.' }),
      code: 'Permission',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" does not let this key use scripted-1.*TEST_KEY/,
    },
    {
      when: 'the model is unknown',
      reply: errorReply(404, { message: 'The model `scripted-1` does not exist', code: 'model_not_found' }),
      code: 'UnknownModel',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" knows no model scripted-1.*Set "model" in the profile "scripted" of teachers.json/,
    },
    {
      when: 'there is no such endpoint',
      reply: errorReply(404, { message: 'Not Found' }),
      code: 'Configuration',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" has no chat completions endpoint at http:\/\/127.*"baseUrl"/,
    },
    {
      when: 'the quota is used up',
      reply: errorReply(429, { message: 'You exceeded your current quota.', code: 'insufficient_quota' }),
      code: 'QuotaExhausted',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" says that the account's quota is used up.*Add credit.*TEST_KEY/,
    },
    {
      when: 'the account has no credit',
      reply: errorReply(402, { message: 'Payment required.' }),
      code: 'QuotaExhausted',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" says that the account's quota is used up.*Add credit/,
    },
    {
      when: 'a content filter turns the prompt away',
      reply: errorReply(400, { message: 'The response was filtered.', code: 'content_filter' }),
      code: 'ContentRefused',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" refused the prompt.*seed tasks/,
    },
    {
      when: 'the server times out waiting',
      reply: errorReply(408, { message: 'Request timeout.' }),
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" failed with HTTP 408.*It is asked again/,
    },
    {
      when: 'the server sees a conflict',
      reply: errorReply(409, { message: 'Locked.' }),
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" failed with HTTP 409.*It is asked again/,
    },
    {
      when: 'the server breaks',
      reply: errorReply(500, { message: 'Oops.' }),
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" failed with HTTP 500.*It is asked again/,
    },
    {
      when: 'a gateway answers with a page',
      reply: { status: 502, body: '<html>Bad gateway</html>', contentType: 'text/html' },
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" failed with HTTP 502.*It is asked again/,
    },
    {
      when: 'the answer has another shape',
      reply: { json: { choices: [{ message: 'Hello' }] } },
      code: 'TeacherMalformed',
      retryable: true,
      mayBePaid: true,
      says: /but its answer has not the form of a chat completion: \{"choices":\[\{"message":"Hello"\}\]\}\. It is/,
    },
    {
      when: 'the answer is null',
      reply: { json: null },
      code: 'TeacherMalformed',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" answered, but its answer has not the form/,
    },
    {
      when: 'the content is refused',
      reply: errorReply(400, { message: 'Flagged.', code: 'content_policy_violation' }),
      code: 'ContentRefused',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" refused the prompt.*seed tasks/,
    },
    {
      when: 'a parameter is not accepted',
      reply: errorReply(400, { message: 'Unsupported parameter: n' }),
      code: 'Configuration',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" does not accept the request.*Unsupported parameter: n.*"scripted" of teachers.json: .*supportsStop/,
    },
    {
      when: 'it is asked too fast',
      reply: errorReply(429, { message: 'Rate limit reached.' }),
      code: 'RateLimited',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" is asked faster than it allows/,
    },
    {
      when: 'the server fails',
      reply: errorReply(503, { message: 'Overloaded.' }),
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: false,
      says: /"scripted" failed with HTTP 503/,
    },
    {
      when: 'no answer comes in time',
      reply: 'hang',
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" did not answer: no answer came within 1 s.*timeoutMs/,
    },
    {
      when: 'an answer begins and does not end in time',
      reply: 'hang in mid-body',
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" did not answer: no answer came within 1 s.*timeoutMs/,
    },
    {
      when: 'the connection is cut',
      reply: 'cut',
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" did not answer: the connection was cut before/,
    },
    {
      when: 'the connection is cut in mid-body',
      reply: 'cut in mid-body',
      code: 'TeacherUnavailable',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" did not answer: the connection was cut in the middle/,
    },
    {
      when: 'the answer is broken JSON',
      reply: { body: '{"choices": [' },
      code: 'TeacherMalformed',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" answered, but its answer is no JSON/,
    },
    {
      when: 'the answer is a web page',
      reply: { body: '<html>Welcome</html>', contentType: 'text/html' },
      code: 'TeacherMalformed',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" answered, but its answer is no JSON: <html>Welcome<\/html>\. It is/,
    },
    {
      when: 'there are no choices',
      reply: { json: { model: 'm', choices: [] } },
      code: 'TeacherMalformed',
      retryable: true,
      mayBePaid: true,
      says: /"scripted" answered, but its answer has no choices/,
    },
  ];
  for (const { when, reply, code, retryable, mayBePaid, says } of cases) {
    it(`says ${code} when ${when}`, async (test) => {
      const teacher = disposedAfter(test, await startScriptedTeacher(() => reply));
      const failure = await failureOf(
        teacher.profile({
          apiKeyVariable: 'TEST_KEY',
          timeoutMs: reply === 'hang' || reply === 'hang in mid-body' ? 1000 : 5000,
        }),
        { TEST_KEY: 'sk-secret' },
      );
      assert.equal(failure.code, code);
      assert.equal(failure.retryable, retryable);
      assert.equal(failure.mayBePaid, mayBePaid);
      assert.match(failure.message, says);
      assert.equal(failure.message.includes('sk-secret'), false);
      assert.equal(teacher.calls.length, 1, 'the client does not retry on its own');
    });
  }

  it('owes nothing where no connection was ever made', async () => {
    const teacher = await startScriptedTeacher(() => 'cut');
    const profile = teacher.profile();
    await teacher[Symbol.asyncDispose]();
    const failure = await failureOf(profile);
    assert.equal(failure.code, 'TeacherUnavailable');
    assert.equal(failure.mayBePaid, false);
    assert.match(
      failure.message,
      /"scripted" cannot be reached at http:\/\/127.0.0.1:\d+\/v1 \(ECONNREFUSED\)/,
    );
  });

  for (const [header, value, milliseconds] of [
    ['retry-after', '7', 7000],
    ['retry-after-ms', '1234', 1234],
    ['retry-after', 'soon', undefined],
  ] as const) {
    it(`reads ${header}: ${value}`, async (test) => {
      const teacher = disposedAfter(
        test,
        await startScriptedTeacher(() => errorReply(429, { message: 'Slow down.' }, { [header]: value })),
      );
      assert.equal((await failureOf(teacher.profile())).retryAfterMs, milliseconds);
    });
  }

  for (const [header, value] of [
    ['retry-after', '315360000'],
    ['retry-after', 'Sat, 28 Nov 2099 00:00:00 GMT'],
    ['retry-after-ms', '1e300'],
  ] as const) {
    it(`obeys no ${header} of ${value} for longer than half an hour, and says what was asked for`, async (test) => {
      const teacher = disposedAfter(
        test,
        await startScriptedTeacher(() => errorReply(429, { message: 'Slow down.' }, { [header]: value })),
      );
      const { retryAfterMs, message } = await failureOf(teacher.profile());
      assert.equal(retryAfterMs, 1_800_000);
      assert.match(message, /It asks for more than 30 minutes of patience/);
    });
  }

  it('says until when it is asked to wait, where that is half a day', async (test) => {
    const halfADay = new Date(Date.now() + 12 * 3_600_000);
    const headers = { 'retry-after': halfADay.toUTCString() };
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => errorReply(429, { message: 'Slow down.' }, headers)),
    );
    const { message } = await failureOf(teacher.profile());
    const [, until = ''] = /more than 30 minutes of patience, until (\S+ \S+) UTC\./.exec(message) ?? [];
    assert.ok(Math.abs(Date.parse(`${until}Z`) - halfADay.getTime()) <= 61_000, message);
  });

  it('reads the wait in the words of an endpoint that has no header for it, as Gemini’s', async (test) => {
    const message = 'You exceeded your current quota. Please retry in 34.07s.';
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => ({ status: 429, json: [{ error: { code: 429, message } }] })),
    );
    const { code, retryAfterMs } = await failureOf(teacher.profile());
    assert.deepEqual([code, retryAfterMs], ['RateLimited', 34_070]);
  });

  it('reads a date in retry-after', async (test) => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => errorReply(503, { message: 'Later.' }, { 'retry-after': inAMinute })),
    );
    const { retryAfterMs = 0 } = await failureOf(teacher.profile());
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, String(retryAfterMs));
  });
});

async function failureOf(profile: TeacherProfile, env: NodeJS.ProcessEnv = {}): Promise<TeacherFailure> {
  try {
    await createTeacherClient(profile, env).ask(chat);
  } catch (error) {
    assert.ok(error instanceof TeacherFailure, String(error));
    return error;
  }
  return assert.fail('the asking was expected to fail');
}
