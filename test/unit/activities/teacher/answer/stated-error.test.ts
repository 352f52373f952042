import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unreadable } from '../../../../../activities/teacher/answer/stated-error.ts';
import { profileOf } from '../scripted-teacher.ts';

const read = (json: unknown) =>
  unreadable(json, profileOf('http://127.0.0.1:1/v1'), 'its answer has no choices');

const TOO_LONG_BEHIND_A_GATEWAY = {
  error: {
    code: 400,
    message: 'Provider returned error',
    metadata: {
      raw: "This model's maximum context length is 4096 tokens, however you requested 5000 tokens (4900 in your prompt; 100 for the completion).",
    },
  },
};

describe('an error that comes with HTTP 200', () => {
  for (const [error, code, retried] of [
    [{ code: 401, message: 'No auth credentials found' }, 'Authentication', false],
    [{ code: 402, message: 'Insufficient credits' }, 'QuotaExhausted', false],
    [{ code: '402', message: 'Insufficient credits' }, 'QuotaExhausted', false],
    [{ code: 403, message: 'No.' }, 'Permission', false],
    [{ code: 404, message: 'No endpoints found' }, 'Configuration', false],
    [{ code: 429, message: 'Slow down.' }, 'RateLimited', true],
    [{ code: 502, message: 'Upstream error' }, 'TeacherUnavailable', true],
    [{ code: 529, message: 'Overloaded' }, 'TeacherUnavailable', true],
    [{ status: 503, message: 'Overloaded' }, 'TeacherUnavailable', true],
    [{ code: 'invalid_api_key', message: 'Incorrect API key.' }, 'Authentication', false],
    [{ status: 'UNAUTHENTICATED', message: 'No key.' }, 'Authentication', false],
    [{ code: 'insufficient_quota', message: 'Quota.' }, 'QuotaExhausted', false],
    [{ type: 'billing_error', message: 'Your credit is used up.' }, 'QuotaExhausted', false],
    [{ type: 'permission_error', message: 'No.' }, 'Permission', false],
    [{ code: 'model_not_found', message: 'No.' }, 'UnknownModel', false],
    [{ code: 'rate_limit_exceeded', message: 'Slow.' }, 'RateLimited', true],
    [{ status: 'RESOURCE_EXHAUSTED', message: 'Slow.' }, 'RateLimited', true],
    [{ code: 'context_length_exceeded', message: 'Too long.' }, 'ContextLength', false],
    [{ code: 'content_filter', message: 'Filtered.' }, 'ContentRefused', false],
    [{ type: 'invalid_request_error', message: 'No such parameter.' }, 'Configuration', false],
    [{ type: 'overloaded_error', message: 'Later.' }, 'TeacherUnavailable', true],
    [{ message: 'Something broke.' }, 'TeacherUnavailable', true],
    [{ type: 'load_balancer_error', message: 'No replica.' }, 'TeacherUnavailable', true],
  ] as const)
    it(`is ${code} for ${JSON.stringify(error)}`, () => {
      const failure = read({ error });
      assert.deepEqual([failure.code, failure.retryable, failure.mayBePaid], [code, retried, false]);
      assert.ok(failure.message.includes(error.message), failure.message);
    });

  for (const [form, json, code, says] of [
    [
      'OpenRouter’s, with the provider’s own in it',
      TOO_LONG_BEHIND_A_GATEWAY,
      'ContextLength',
      /context of 4096 tokens/,
    ],
    [
      'TGI’s, as a text with its type beside it',
      { error: 'Input validation error: `logit_bias` is not for this model', error_type: 'validation' },
      'Configuration',
      /does not accept the request \(400 Input validation error/,
    ],
    [
      'TGI’s, as a text alone',
      { error: 'Input validation error: `inputs` must have less than 4096 tokens. Given: 4900' },
      'ContextLength',
      /context of \d+ tokens|cannot take a prompt this long/,
    ],
    [
      'llama.cpp’s, with its figures beside the message',
      {
        error: {
          ...{ code: 400, message: 'Too long.', type: 'exceed_context_size_error' },
          ...{ n_ctx: 4096, n_prompt_tokens: 4900 },
        },
      },
      'ContextLength',
      /a context of 4096 tokens, and the prompt alone has 4900/,
    ],
    [
      'FastAPI’s detail with a code',
      { detail: 'Not authenticated', code: 401 },
      'Authentication',
      /Not authenticated/,
    ],
    ['a message with a code', { message: 'Unauthorized', code: 401 }, 'Authentication', /Unauthorized/],
    ['a message beside a success', { message: 'success', code: 0 }, 'TeacherMalformed', /"success"/],
    [
      'an answer with a message and a code',
      { choices: [], message: 'ok', code: 401 },
      'TeacherMalformed',
      /"ok"/,
    ],
  ] as const)
    it(`is read in the form ${form}`, () => {
      const failure = read(json);
      assert.equal(failure.code, code);
      assert.match(failure.message, says);
    });

  for (const [where, json] of [
    ['in a choice', { choices: [{ error: { code: 402, message: 'No credit.' }, message: { content: '' } }] }],
    ['in a list', [{ error: { code: 402, message: 'No credit.' } }]],
    ['as a sentence beside its code', { error: 'No credit.', code: 402 }],
    ['as a sentence beside a flag', { error: true, code: 402, message: 'No credit.' }],
    ['as the whole body', { object: 'error', code: 402, message: 'No credit.', type: 'X' }],
    [
      'behind the name of its kind',
      { type: 'error', error: { type: 'billing_error', message: 'No credit.' } },
    ],
  ] as const)
    it(`is found ${where}`, () => {
      const { code, message } = read(json);
      assert.equal(code, 'QuotaExhausted');
      assert.match(message, /quota is used up \(402 No credit\.\)/);
    });

  it('may have been paid where tokens were used before it', () => {
    const error = { code: 502, message: 'Upstream error' };
    assert.equal(read({ error, usage: { prompt_tokens: 700, completion_tokens: 0 } }).mayBePaid, true);
    assert.equal(read({ error, usage: { prompt_tokens: 0, completion_tokens: 0 } }).mayBePaid, false);
  });
});

describe('an answer that is none', () => {
  for (const json of [
    { error: null },
    { error: '' },
    { error: {} },
    { error: false },
    { object: 'list' },
    7,
    null,
  ])
    it(`states no error by being ${JSON.stringify(json)}, and is quoted`, () => {
      const { code, message } = read(json);
      assert.equal(code, 'TeacherMalformed');
      assert.ok(message.includes(`its answer has no choices: ${JSON.stringify(json)}. `), message);
    });

  it('is quoted by its first 200 characters, on one line', () => {
    const { message } = read({ text: `a\n${'b'.repeat(300)}` });
    assert.match(message, /no choices: \{"text":"a\\nb{188}\.\.\.\. It is/);
  });
});
