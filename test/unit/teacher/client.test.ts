import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTeacherClient, type TeacherRequest } from '../../../activities/teacher/client.ts';
import { TeacherFailure } from '../../../activities/teacher/failures.ts';
import type { TeacherProfile } from '../../../activities/teacher/profiles.ts';
import { chatReply, errorReply, type Reply, startScriptedTeacher } from './scripted-teacher.ts';

const never = new AbortController().signal;
const chat: TeacherRequest = {
  style: 'chat',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  messages: [{ role: 'user', content: 'Go on.' }],
};
const legacy: TeacherRequest = {
  style: 'completions',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  prompt: 'Go on.',
  logitBias: { 50256: -100 },
};

describe('asking by chat', () => {
  it('sends the recipe’s parameters and returns text, finish reason, usage and model', async () => {
    await using teacher = await startScriptedTeacher(() => chatReply('An answer', 'length'));
    const answer = await createTeacherClient(teacher.profile(), {}).ask(chat, { signal: never });
    assert.deepEqual(answer, {
      text: 'An answer',
      refusal: null,
      finishReason: 'length',
      usage: { promptTokens: 100, completionTokens: 10 },
      model: 'scripted-1-2026',
      maxTokens: 3072,
    });
    assert.equal(teacher.calls[0]?.path, '/v1/chat/completions');
    assert.deepEqual(teacher.calls[0]?.body, {
      model: 'scripted-1',
      messages: [{ role: 'user', content: 'Go on.' }],
      temperature: 1,
      top_p: 1,
      n: 1,
      stop: ['\n20', '20.', '20.'],
      max_tokens: 3072,
    });
  });

  it('goes by the profile: the token limit’s name, no stop, an idempotency key', async () => {
    await using teacher = await startScriptedTeacher(() => chatReply('ok'));
    const profile = teacher.profile({
      maxTokensParameter: 'max_completion_tokens',
      supportsStop: false,
      idempotencyHeader: 'Idempotency-Key',
    });
    await createTeacherClient(profile, {}).ask(chat, { signal: never, idempotencyKey: 'abc' });
    const [call] = teacher.calls;
    assert.equal(call?.body.max_completion_tokens, 3072);
    assert.equal('max_tokens' in (call?.body ?? {}), false);
    assert.equal('stop' in (call?.body ?? {}), false);
    assert.equal(call?.headers['idempotency-key'], 'abc');
  });

  it('sends the key of the profile’s variable, and none where the profile has none', async () => {
    await using teacher = await startScriptedTeacher(() => chatReply('ok'));
    const env = { OTHER_KEY: 'secret-1', OPENAI_API_KEY: 'secret-2', OPENAI_ADMIN_KEY: 'secret-3' };
    await createTeacherClient(teacher.profile({ apiKeyVariable: 'OTHER_KEY' }), env).ask(chat, {
      signal: never,
    });
    await createTeacherClient(teacher.profile(), env).ask(chat, { signal: never });
    assert.deepEqual(
      teacher.calls.map(({ headers }) => headers.authorization),
      ['Bearer secret-1', undefined],
    );
  });

  it('refuses to be made without the key, and names the variable', async () => {
    await using teacher = await startScriptedTeacher(() => chatReply('ok'));
    assert.throws(() => createTeacherClient(teacher.profile({ apiKeyVariable: 'OTHER_KEY' }), {}), {
      code: 'Configuration',
      message:
        'The teacher profile "scripted" needs a key, and OTHER_KEY is not set. Set OTHER_KEY in the worker\'s environment.',
    });
  });

  it('returns a refusal with its usage, and a filtered answer without text as one', async () => {
    const replies = [chatReply(null, 'stop', 'I will not.'), chatReply('', 'content_filter')];
    await using teacher = await startScriptedTeacher((_, index) => replies[index] ?? 'cut');
    const client = createTeacherClient(teacher.profile(), {});
    const refused = await client.ask(chat, { signal: never });
    assert.equal(refused.refusal, 'I will not.');
    assert.deepEqual(refused.usage, { promptTokens: 100, completionTokens: 10 });
    assert.match((await client.ask(chat, { signal: never })).refusal ?? '', /content filter/);
  });
});

describe('asking by legacy completions', () => {
  it('sends exactly the recipe’s parameters, logit bias included', async () => {
    await using teacher = await startScriptedTeacher(() => ({
      json: { model: 'm', choices: [{ text: ' Sort the words.', finish_reason: 'stop' }], usage: null },
    }));
    const answer = await createTeacherClient(teacher.profile({ style: 'completions' }), {}).ask(legacy, {
      signal: never,
    });
    assert.equal(answer.text, ' Sort the words.');
    assert.equal(answer.usage, null);
    assert.equal(teacher.calls[0]?.path, '/v1/completions');
    assert.deepEqual(teacher.calls[0]?.body, {
      model: 'scripted-1',
      prompt: 'Go on.',
      temperature: 1,
      top_p: 1,
      n: 1,
      stop: ['\n20', '20.', '20.'],
      max_tokens: 3072,
      logit_bias: { 50256: -100 },
    });
  });
});

describe('a prompt too long for the context', () => {
  const tooLong = errorReply(400, {
    message: 'This model’s maximum context length is 4097 tokens. Please reduce your prompt.',
    code: 'context_length_exceeded',
  });

  it('lowers the token limit by a fifth and sends again, as the recipe does', async () => {
    await using teacher = await startScriptedTeacher((_, index) => (index < 2 ? tooLong : chatReply('ok')));
    const answer = await createTeacherClient(teacher.profile(), {}).ask(chat, { signal: never });
    assert.deepEqual(
      teacher.calls.map(({ body }) => body.max_tokens),
      [3072, 2457, 1965],
    );
    assert.equal(answer.maxTokens, 1965);
  });

  it('gives up, for good, when no room for an answer is left', async () => {
    await using teacher = await startScriptedTeacher(() => tooLong);
    const failure = await failureOf(teacher.profile());
    assert.equal(failure.code, 'ContextLength');
    assert.equal(failure.retryable, false);
    assert.match(failure.message, /"scripted".*Lower seedTasksPerPrompt/);
    assert.equal(teacher.calls.at(-1)?.body.max_tokens, 16);
  });
});

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
      says: /"scripted" knows no model scripted-1.*Set "model" in its profile/,
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
      when: 'the content is refused',
      reply: errorReply(400, { message: 'Flagged.', code: 'content_policy_violation' }),
      code: 'ContentRefused',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" refused the prompt.*seed tasks/,
    },
    {
      when: 'a parameter is not accepted',
      reply: errorReply(400, { message: 'Unsupported parameter: stop' }),
      code: 'Configuration',
      retryable: false,
      mayBePaid: false,
      says: /"scripted" does not accept the request.*Unsupported parameter: stop.*supportsStop/,
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
      says: /"scripted" did not answer: no answer came within 0.3 s.*timeoutMs/,
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
      says: /"scripted" answered, but its answer has not the form/,
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
    it(`says ${code} when ${when}`, async () => {
      await using teacher = await startScriptedTeacher(() => reply);
      const failure = await failureOf(
        teacher.profile({ apiKeyVariable: 'TEST_KEY', timeoutMs: reply === 'hang' ? 300 : 5000 }),
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
    it(`reads ${header}: ${value}`, async () => {
      await using teacher = await startScriptedTeacher(() =>
        errorReply(429, { message: 'Slow down.' }, { [header]: value }),
      );
      assert.equal((await failureOf(teacher.profile())).retryAfterMs, milliseconds);
    });
  }

  it('reads a date in retry-after', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    await using teacher = await startScriptedTeacher(() =>
      errorReply(503, { message: 'Later.' }, { 'retry-after': inAMinute }),
    );
    const { retryAfterMs = 0 } = await failureOf(teacher.profile());
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, String(retryAfterMs));
  });

  it('hands a cancellation on as it is', async () => {
    await using teacher = await startScriptedTeacher(() => 'hang');
    const signal = AbortSignal.timeout(50);
    await assert.rejects(
      createTeacherClient(teacher.profile(), {}).ask(chat, { signal }),
      (error) => !(error instanceof TeacherFailure),
    );
  });
});

async function failureOf(profile: TeacherProfile, env: NodeJS.ProcessEnv = {}): Promise<TeacherFailure> {
  try {
    await createTeacherClient(profile, env).ask(chat, { signal: never });
  } catch (error) {
    assert.ok(error instanceof TeacherFailure, String(error));
    return error;
  }
  return assert.fail('the asking was expected to fail');
}
