import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TeacherFailure } from '../../../../activities/teacher/answer/failures.ts';
import { createTeacherClient } from '../../../../activities/teacher/client.ts';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import type { CompletionsRequest } from '../../../../activities/teacher/request-body.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { measuredDuring } from '../../../measured.ts';
import {
  CHAT as chat,
  chatReply,
  completionsReply,
  errorReply,
  startScriptedTeacher,
} from './scripted-teacher.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const legacy: CompletionsRequest = {
  style: 'completions',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  prompt: 'Go on.',
  logitBias: { 50256: -100 },
};

/** What three prompts of a letter can use. */
const FEW = { prompt_tokens: 31, completion_tokens: 23 };
/** What a prompt of two words can use. */
const LITTLE = { prompt_tokens: 20, completion_tokens: 5 };

describe('asking by chat', () => {
  it('sends the recipe’s parameters and returns text, finish reason, usage and model', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => chatReply('An answer', 'length', null, LITTLE)),
    );
    const answer = await createTeacherClient(teacher.profile(), {}).ask(chat);
    assert.deepEqual(answer, {
      text: 'An answer',
      refusal: null,
      finishReason: 'length',
      usage: { promptTokens: 20, completionTokens: 5 },
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

  it('keeps nothing of requests that have been answered', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    const client = createTeacherClient(teacher.profile(), {});
    const contexts = new AsyncLocalStorage<object>();
    const ask = async () => {
      const context = {};
      await contexts.run(context, () => client.ask(chat));
      return new WeakRef(context);
    };
    const asked: WeakRef<object>[] = [];
    for (let request = 0; request < 10; request += 1) asked.push(await ask());
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise(setImmediate);
      collectGarbage();
    }
    // The open connection remembers who opened it, and who used it last.
    assert.ok(asked.filter((context) => context.deref() !== undefined).length <= 2);
  });

  it('goes by the profile: the token limit’s name, no stop, an idempotency key', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    const profile = teacher.profile({
      maxTokensParameter: 'max_completion_tokens',
      supportsStop: false,
      idempotencyHeader: 'Idempotency-Key',
    });
    await createTeacherClient(profile, {}).ask(chat, { idempotencyKey: 'abc' });
    const [call] = teacher.calls;
    assert.equal(call?.body.max_completion_tokens, 3072);
    assert.equal('max_tokens' in (call?.body ?? {}), false);
    assert.equal('stop' in (call?.body ?? {}), false);
    assert.equal(call?.headers['idempotency-key'], 'abc');
  });

  it('sends the key of the profile’s variable, and none where the profile has none', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    const env = { OTHER_KEY: 'secret-1', OPENAI_API_KEY: 'secret-2', OPENAI_ADMIN_KEY: 'secret-3' };
    await createTeacherClient(teacher.profile({ apiKeyVariable: 'OTHER_KEY' }), env).ask(chat);
    await createTeacherClient(teacher.profile(), env).ask(chat);
    assert.deepEqual(
      teacher.calls.map(({ headers }) => headers.authorization),
      ['Bearer secret-1', undefined],
    );
  });

  it('refuses to be made without the key, and names the variable', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    assert.throws(() => createTeacherClient(teacher.profile({ apiKeyVariable: 'OTHER_KEY' }), {}), {
      code: 'Configuration',
      message:
        'The teacher profile "scripted" needs a key, and OTHER_KEY is not set. Set OTHER_KEY in the worker\'s environment.',
    });
  });

  it('refuses a key that no header can have, before anything could repeat it', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    for (const key of ['sk-one\nsk-two', 'sk-\u00e9t\u00e9', 'Bearer sk-one'])
      assert.throws(
        () => createTeacherClient(teacher.profile({ apiKeyVariable: 'OTHER_KEY' }), { OTHER_KEY: key }),
        {
          code: 'Configuration',
          message: /^OTHER_KEY, the key of the teacher profile "scripted", has a char[^-]*$/,
        },
      );
  });

  it('cuts what an endpoint calls its model and the end of its answer', async (test) => {
    const long = 'm'.repeat(1000);
    const choices = [{ finish_reason: long, message: { content: 'ok' } }];
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => ({ json: { model: long, choices } })),
    );
    const { model, finishReason } = await createTeacherClient(teacher.profile(), {}).ask(chat);
    assert.deepEqual([model.length, finishReason.length], [256, 256]);
  });

  it('returns a refusal with its usage, and a filtered answer without text as one', async (test) => {
    const replies = [chatReply(null, 'stop', 'I will not.', LITTLE), chatReply('', 'content_filter')];
    const teacher = disposedAfter(test, await startScriptedTeacher((_, index) => replies[index] ?? 'cut'));
    const client = createTeacherClient(teacher.profile(), {});
    const refused = await client.ask(chat);
    assert.equal(refused.refusal, 'I will not.');
    assert.deepEqual(refused.usage, { promptTokens: 20, completionTokens: 5 });
    assert.match((await client.ask(chat)).refusal ?? '', /content filter/);
  });
});

describe('asking by legacy completions', () => {
  it('sends exactly the recipe’s parameters, logit bias included', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => ({
        json: { model: 'm', choices: [{ text: ' Sort the words.', finish_reason: 'stop' }], usage: null },
      })),
    );
    const answer = await createTeacherClient(teacher.profile({ style: 'completions' }), {}).ask(legacy);
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

describe('what an endpoint does not take', () => {
  it('is left out where the profile says so: temperature and top_p, logit_bias', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((call) =>
        call.path.endsWith('/chat/completions') ? chatReply('ok') : completionsReply(['ok']),
      ),
    );
    const reasoning = teacher.profile({ supportsSampling: false, supportsStop: false });
    await createTeacherClient(reasoning, {}).ask(chat);
    const other = teacher.profile({ style: 'completions', supportsLogitBias: false });
    await createTeacherClient(other, {}).ask(legacy);
    assert.deepEqual(
      teacher.calls.map(({ body }) => Object.keys(body).sort()),
      [
        ['max_tokens', 'messages', 'model', 'n'],
        ['max_tokens', 'model', 'n', 'prompt', 'stop', 'temperature', 'top_p'],
      ],
    );
  });
});

describe('a presence penalty', () => {
  it('is sent where a request has one, is no part of other requests, and is left out where the profile says so', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    const client = createTeacherClient(teacher.profile({}), {});
    await client.ask({ ...chat, presencePenalty: 1.5 });
    await client.ask(chat);
    const refusing = teacher.profile({ supportsPresencePenalty: false });
    await createTeacherClient(refusing, {}).ask({ ...chat, presencePenalty: 1.5 });
    assert.deepEqual(
      teacher.calls.map(({ body }) => body.presence_penalty),
      [1.5, undefined, undefined],
    );
  });
});

describe('asking for structured output', () => {
  it('sends a strict JSON schema, every field required and no other allowed', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('{"tasks": []}')));
    await createTeacherClient(teacher.profile({ output: 'structured' }), {}).ask({
      ...chat,
      stop: [],
      output: 'task-list',
    });
    const { response_format } = teacher.calls[0]?.body ?? {};
    const text = { type: 'string' };
    assert.deepEqual(response_format, {
      type: 'json_schema',
      json_schema: {
        name: 'task_list',
        strict: true,
        schema: {
          type: 'object',
          properties: {
            tasks: {
              type: 'array',
              items: {
                type: 'object',
                properties: { instruction: text, input: text, output: text },
                required: ['instruction', 'input', 'output'],
                additionalProperties: false,
              },
            },
          },
          required: ['tasks'],
          additionalProperties: false,
        },
      },
    });
  });
});

describe('asking a list of prompts in one request', () => {
  const prompts = ['Go on.', 'And you?', 'One more.'];
  const requests = prompts.map((prompt) => ({ ...legacy, prompt }));

  it('sends the list with the recipe’s parameters, and tells the answers apart by their index', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => completionsReply(['first', 'second', 'third'])),
    );
    const client = createTeacherClient(teacher.profile({ style: 'completions' }), {});
    const answers = await client.askList(requests);
    assert.deepEqual(
      answers.map((answer) => answer?.text),
      ['first', 'second', 'third'],
    );
    assert.deepEqual(teacher.calls[0]?.body, {
      model: 'scripted-1',
      prompt: prompts,
      temperature: 1,
      top_p: 1,
      n: 1,
      stop: ['\n20', '20.', '20.'],
      max_tokens: 3072,
      logit_bias: { 50256: -100 },
    });
  });

  it('divides the usage of the whole so that the sum is exact', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => completionsReply(['a', 'bb', 'cc'.repeat(50)], FEW)),
    );
    const client = createTeacherClient(teacher.profile({ style: 'completions' }), {});
    const answers = await client.askList(requests);
    const sum = (count: (usage: { promptTokens: number; completionTokens: number }) => number) =>
      answers.reduce((total, answer) => total + (answer?.usage ? count(answer.usage) : 0), 0);
    assert.equal(
      sum(({ promptTokens }) => promptTokens),
      31,
    );
    assert.equal(
      sum(({ completionTokens }) => completionTokens),
      23,
    );
  });

  it('says which answers did not come, and gives the whole usage to those that did', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => completionsReply(['first', null, 'third'], FEW)),
    );
    const client = createTeacherClient(teacher.profile({ style: 'completions' }), {});
    const [first, second, third] = await client.askList(requests);
    assert.equal(second, null);
    assert.equal((first?.usage?.promptTokens ?? 0) + (third?.usage?.promptTokens ?? 0), 31);
  });

  it('is malformed where no choice belongs to a prompt', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() => ({
        json: { choices: [{ index: 7, text: 'whose?', finish_reason: 'stop' }, { text: 'mine?' }] },
      })),
    );
    const client = createTeacherClient(teacher.profile({ style: 'completions' }), {});
    await assert.rejects(client.askList(requests), { code: 'TeacherMalformed' });
  });

  it('lowers the token limit of them all where the context is too short', async (test) => {
    const tooLong = errorReply(400, { message: 'Please reduce your prompt; or completion length.' });
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) => (index === 0 ? tooLong : completionsReply(['a', 'b', 'c']))),
    );
    const client = createTeacherClient(teacher.profile({ style: 'completions' }), {});
    const answers = await client.askList(requests);
    assert.deepEqual(
      teacher.calls.map(({ body }) => [body.prompt?.length, body.max_tokens]),
      [
        [3, 3072],
        [3, 2457],
      ],
    );
    assert.deepEqual(
      answers.map((answer) => answer?.maxTokens),
      [2457, 2457, 2457],
    );
  });
});

describe('a prompt too long for the context', () => {
  const tooLong = errorReply(400, {
    message: 'This model’s maximum context length is 4097 tokens. Please reduce your prompt.',
    code: 'context_length_exceeded',
  });

  it('lowers the token limit by a fifth and sends again, as the recipe does', async (test) => {
    const measured = measuredDuring(test);
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) => (index < 2 ? tooLong : chatReply('ok'))),
    );
    const answer = await createTeacherClient(teacher.profile(), {}).ask(chat);
    assert.deepEqual(
      teacher.calls.map(({ body }) => body.max_tokens),
      [3072, 2457, 1965],
    );
    assert.equal(answer.maxTokens, 1965);
    assert.deepEqual(Object.keys(measured), [
      'alpaca_teacher_request_duration_seconds{profile="scripted", outcome="ContextLength"}',
      'alpaca_teacher_request_duration_seconds{profile="scripted", outcome="answered"}',
    ]);
  });

  it('gives up, for good, when no room for an answer is left', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => tooLong));
    const failure = await failureOf(teacher.profile());
    assert.equal(failure.code, 'ContextLength');
    assert.equal(failure.retryable, false);
    assert.match(failure.message, /"scripted".*Lower seedTasksPerPrompt/);
    assert.equal(teacher.calls.at(-1)?.body.max_tokens, 16);
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
