import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jobLine } from '../../../../../activities/generate/batch/job.ts';
import {
  jobFailure,
  type LineOutcome,
  readResult,
} from '../../../../../activities/generate/batch/results.ts';
import type { TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import type { TeacherRequest } from '../../../../../activities/teacher/request-body.ts';
import { startScriptedTeacher } from '../../teacher/scripted-teacher.ts';

const batch = { completionWindow: '24h', requestsPerJob: 10, pollSeconds: 1, priceFactor: 0.5 };
const request: TeacherRequest = {
  ...{ style: 'chat', model: 'scripted-1', temperature: 1, topP: 1, maxTokens: 64, stop: [] },
  messages: [{ role: 'user', content: 'Go on.' }],
};

describe('a line of a job’s results', () => {
  it('is an answer at the job’s price', async () => {
    const { outcome } = await answered(200, {
      model: 'scripted-1-2026',
      choices: [{ finish_reason: 'stop', message: { content: 'Gladly.' } }],
      usage: { prompt_tokens: 20, completion_tokens: 50 },
    });
    assert.deepEqual(outcome, {
      outcome: 'answered',
      text: 'Gladly.',
      finishReason: 'stop',
      usage: { promptTokens: 20, completionTokens: 50 },
      maxTokens: 64,
      model: 'scripted-1-2026',
      // 20 tokens in at $1 a million and 50 out at $2, and half of that
      costUsd: 0.00006,
    });
  });

  it('is cut where it has every token that it might have, and its chunks are read', async () => {
    const content = [
      { type: 'thinking', thinking: 'Gladly?' },
      { type: 'text', text: 'Gladly.' },
    ];
    const { outcome } = await answered(200, {
      choices: [{ finish_reason: 'stop', message: { content } }],
      usage: { prompt_tokens: 20, completion_tokens: 64 },
    });
    assert.deepEqual(
      [outcome.text, outcome.thinking, outcome.finishReason],
      ['Gladly.', 'Gladly?', 'length'],
    );
  });

  it('is paid with the thinking that the total has beside the completion', async () => {
    const { outcome } = await answered(200, {
      choices: [{ finish_reason: 'stop', message: { content: 'Gladly.' } }],
      usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 9070 },
    });
    assert.deepEqual(outcome.usage, { promptTokens: 20, completionTokens: 9050 });
    assert.equal(outcome.costUsd, 0.00906);
  });

  it('costs its worst case where it states no usage', async () => {
    const body = { choices: [{ finish_reason: 'stop', message: { content: 'Gladly.' } }] };
    assert.equal((await answered(200, body)).outcome.costUsd, 0.25);
  });

  it('is a refusal for good where the model or a filter refused, and costs nothing without usage', async () => {
    const refused = await answered(400, { error: { code: 'content_filter', message: 'Not this.' } });
    assert.deepEqual([refused.outcome.outcome, refused.outcome.costUsd], ['refused', 0]);
    assert.match(refused.outcome.text, /Not this/);
  });

  for (const [name, status, body, code, mayBePaid] of [
    ['a failure of the server', 500, { error: { message: 'Oops.' } }, 'TeacherUnavailable', false],
    ['a rate limit', 429, { error: { message: 'Slow.' } }, 'RateLimited', false],
    ['a context that is too short', 400, contextLength(), 'ContextLength', false],
    ['an unknown model', 404, { error: { code: 'model_not_found', message: 'No.' } }, 'UnknownModel', false],
    ['no credit, said in an answer', 200, { error: { code: 402, message: 'No.' } }, 'QuotaExhausted', false],
    [
      'a wrong key, said in an answer',
      200,
      { error: { code: 401, message: 'No.' } },
      'Authentication',
      false,
    ],
    ['an answer without choices', 200, { choices: [] }, 'TeacherMalformed', true],
    ['a body that is no object', 200, 'text', 'TeacherMalformed', true],
  ] as const) {
    it(`is no outcome for ${name}`, async () => {
      const result = await read(status, body);
      assert.ok('failure' in result);
      assert.deepEqual([result.failure.code, result.failure.mayBePaid], [code, mayBePaid]);
    });
  }

  it('is asked again in another job, without the parameter that it was refused for, were it every line', async () => {
    const own = await profile();
    const message = "Unsupported parameter: 'stop' is not supported with this model.";
    const body = { error: { message, code: 'unsupported_parameter', param: 'stop' } };
    for (const custom_id of ['a', 'b']) {
      const line = { custom_id, response: { status_code: 400, body }, error: null };
      const result = readResult(line, request, 0.25, own);
      assert.ok('failure' in result);
      assert.deepEqual([result.failure.code, result.failure.mayBePaid], ['TeacherUnavailable', false]);
    }
    assert.equal(jobLine('a', { ...request, stop: ['20.'] }, own).includes('"stop"'), false);
  });

  it('is told apart in the bare form of an error too', async () => {
    const result = await read(400, { object: 'error', message: 'Prompt 900 > 512 maximum context length' });
    assert.ok('failure' in result);
    assert.equal(result.failure.code, 'ContextLength');
  });

  it('is no outcome, and not paid, where the job ended before it was asked', async () => {
    const line = { custom_id: 'a', response: null, error: { code: 'batch_expired', message: 'Too late.' } };
    const result = readResult(line, request, 0.25, await profile());
    assert.ok('failure' in result);
    assert.deepEqual([result.failure.code, result.failure.mayBePaid], ['TeacherUnavailable', false]);
    assert.match(result.failure.message, /Too late/);
  });
});

describe('a job that the provider would not begin', () => {
  const failed = async (errors: { code: string; message: string }[]) =>
    jobFailure(
      {
        ...{ id: 'batch_1', name: null, status: 'failed', done: 0, total: 0 },
        ...{ outputFile: null, errorFile: null, errors },
      },
      await profile(),
    );

  it('is submitted again where the provider’s queue is full', async () => {
    const failure = await failed([{ code: 'token_limit_exceeded', message: 'Enqueued token limit.' }]);
    assert.deepEqual([failure?.code, failure?.retryable], ['RateLimited', true]);
    assert.match(
      failure?.message ?? '',
      /lower requestsPerJob of "batch" in the profile "scripted" of teachers.json/,
    );
  });

  it('ends the run where its file is wrong or its model unknown', async () => {
    assert.equal(
      (await failed([{ code: 'model_not_found', message: 'No such model.' }]))?.code,
      'UnknownModel',
    );
    const wrong = await failed([{ code: 'mismatched_url', message: 'Wrong url.' }]);
    assert.deepEqual([wrong?.code, wrong?.retryable], ['Configuration', false]);
  });
});

function contextLength() {
  return { error: { code: 'context_length_exceeded', message: 'Please reduce your prompt.' } };
}

async function profile(): Promise<TeacherProfile> {
  const teacher = await startScriptedTeacher(() => 'cut');
  await teacher[Symbol.asyncDispose]();
  return teacher.profile({ batch });
}

async function read(status: number, body: unknown): Promise<LineOutcome> {
  const line = { custom_id: 'a', response: { status_code: status, body }, error: null };
  return readResult(line, request, 0.25, await profile());
}

async function answered(status: number, body: unknown) {
  const result = await read(status, body);
  assert.ok('outcome' in result);
  return result;
}
