import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { APIError } from 'openai';
import { type TeacherFailure, teacherFailure } from '../../../../activities/teacher/answer/failures.ts';
import { createTeacherClient } from '../../../../activities/teacher/client.ts';
import { loadProfiles } from '../../../../activities/teacher/profile/profiles.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import {
  type Call,
  CHAT as chat,
  chatReply,
  errorReply,
  type Reply,
  startScriptedTeacher,
} from './scripted-teacher.ts';

/** What an endpoint may refuse. */
const SOMETIMES = /^(temperature|top_p|stop|max_tokens|max_completion_tokens)$/;

describe('a refusal for length', () => {
  const limits = async (test: TestContext, replies: readonly Reply[], status = 400) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) => replies[index] ?? errorReply(status, { message: 'No more.' })),
    );
    const asked = await createTeacherClient(teacher.profile(), {})
      .ask(chat)
      .then(
        () => null,
        (error: TeacherFailure) => error,
      );
    return { limits: teacher.calls.map(({ body }) => body.max_tokens), failure: asked };
  };

  it('is followed to the limit that it has room for, and then by fifths', async (test) => {
    const tooLong = (room: number) =>
      errorReply(400, {
        message: `maximum context length is 4096, your request has ${4096 - room} input tokens`,
      });
    const found = await limits(test, [tooLong(1000), tooLong(990), chatReply('ok')]);
    assert.deepEqual(found.limits, [3072, 1000, 800]);
  });

  it('is followed by fifths where its figures cannot be', async (test) => {
    const tooLong = errorReply(400, {
      message: 'maximum context length is 99999, your request has 5 input tokens',
    });
    const found = await limits(test, [tooLong, chatReply('ok')]);
    assert.deepEqual(found.limits, [3072, 2457]);
  });

  for (const status of [400, 413, 422])
    it(`is tried with half of it, once, where HTTP ${status} may mean it`, async (test) => {
      const perhaps = errorReply(status, { message: 'The payload is too long.' });
      assert.deepEqual((await limits(test, [perhaps, chatReply('ok')])).limits, [3072, 1536]);
      const { limits: asked, failure } = await limits(test, [perhaps, perhaps, perhaps]);
      assert.deepEqual(asked, [3072, 1536]);
      assert.equal(failure?.code, 'Configuration');
      assert.match(
        failure?.message ?? '',
        /lower maxTokens or seedTasksPerPrompt, or give the server a longer/,
      );
    });

  it('is known where it is about the token limit itself, which is then no parameter that is refused', async (test) => {
    const tooMany = errorReply(400, { message: 'max_tokens is not allowed to exceed what the model has.' });
    assert.deepEqual((await limits(test, [tooMany, chatReply('ok')])).limits, [3072, 1536]);
  });

  it('is none where the endpoint means its limit a minute: it is asked again later', async (test) => {
    const { limits: asked, failure } = await limits(test, [
      errorReply(429, { message: 'Rate limit reached: tokens per minute, limit 6000, requested 8000.' }),
    ]);
    assert.deepEqual([asked, failure?.code], [[3072], 'RateLimited']);
  });
});

describe('an account without credit', () => {
  it('is not asked for less, were its refusal to speak of tokens: its balance may be short of the maximum', async (test) => {
    const message = 'This request requires more credits, or fewer max_tokens: the token limit is 100.';
    const teacher = disposedAfter(test, await startScriptedTeacher(() => errorReply(402, { message })));
    await assert.rejects(createTeacherClient(teacher.profile(), {}).ask(chat), { code: 'QuotaExhausted' });
    assert.equal(teacher.calls.length, 1);
  });
});

describe('a server that fails', () => {
  it('is not taken for a context that is too short, were it to speak of tokens', async (test) => {
    const failing = errorReply(503, { message: 'Overloaded: the token limit of this node is reached.' });
    const teacher = disposedAfter(test, await startScriptedTeacher(() => failing));
    await assert.rejects(createTeacherClient(teacher.profile(), {}).ask(chat), {
      code: 'TeacherUnavailable',
    });
    assert.equal(teacher.calls.length, 1);
  });
});

describe('a parameter that the endpoint refuses', () => {
  /** Refuses what a reasoning model of OpenAI's refuses, in its words and one at a time. */
  const reasoning = ({ body }: Call): Reply => {
    const refuse = (param: string, message: string, code: string) =>
      errorReply(400, { message, code, type: 'invalid_request_error', param });
    if ('max_tokens' in body)
      return refuse(
        'max_tokens',
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'unsupported_parameter',
      );
    if (body.temperature !== undefined && body.temperature !== 1)
      return refuse(
        'temperature',
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        'unsupported_value',
      );
    if ('stop' in body)
      return refuse(
        'stop',
        "Unsupported parameter: 'stop' is not supported with this model.",
        'unsupported_parameter',
      );
    return chatReply('ok');
  };

  it('is left away from then on in this process, by whichever client: a reasoning model behind OPENAI_*', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(reasoning));
    const env = { OPENAI_MODEL: 'm', OPENAI_BASE_URL: teacher.baseUrl, OPENAI_API_KEY: 'a-key-of-mine' };
    const openai = (await loadProfiles({ env })).get('openai');
    const judging = { ...chat, model: 'm', temperature: 0 };
    assert.equal((await createTeacherClient(openai, env).ask(judging)).text, 'ok');
    assert.equal((await createTeacherClient(openai, env).ask(judging)).text, 'ok');
    const sent = teacher.calls.map(({ body }) => Object.keys(body).filter((name) => SOMETIMES.test(name)));
    assert.deepEqual(sent, [
      ['temperature', 'top_p', 'stop', 'max_tokens'],
      ['temperature', 'top_p', 'stop', 'max_completion_tokens'],
      ['stop', 'max_completion_tokens'],
      ['max_completion_tokens'],
      ['max_completion_tokens'],
    ]);
  });

  it('is left away by requests at once, each refused once', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(reasoning));
    const client = createTeacherClient(teacher.profile({ supportsStop: false }), {});
    const answers = await Promise.all([client.ask(chat), client.ask(chat), client.ask(chat)]);
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['ok', 'ok', 'ok'],
    );
    assert.equal(teacher.calls.length, 6);
  });

  it('is left away too where the refusal came with HTTP 200', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((call) => {
        const refused = reasoning(call);
        return typeof refused === 'object' && 'json' in refused ? { ...refused, status: 200 } : refused;
      }),
    );
    const profile = teacher.profile({ supportsStop: false });
    assert.equal((await createTeacherClient(profile, {}).ask(chat)).text, 'ok');
    assert.equal(teacher.calls.length, 2);
  });

  for (const [words, message, param] of [
    [
      'FastAPI’s',
      [{ type: 'extra_forbidden', loc: ['body', 'stop'], msg: 'Extra inputs are not permitted' }],
      'stop',
    ],
    ['TGI’s', 'Input validation error: `top_p` must be > 0.0 and < 1.0', 'top_p'],
    [
      'Claude’s',
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
      'top_p',
    ],
    ['xAI’s', 'Argument not supported on this model: stop', 'stop'],
    ['xAI’s other', 'Model grok-4 does not support parameter presencePenalty.', 'presence_penalty'],
    ['Gemini’s', 'Penalty is not enabled for this model', 'presence_penalty'],
    ['LiteLLM’s', "openai does not support parameters: ['temperature'], for model=m", 'temperature'],
  ] as const)
    it(`is known in ${words} words`, async (test) => {
      const body = typeof message === 'string' ? { error: { message } } : { detail: message };
      const teacher = disposedAfter(
        test,
        await startScriptedTeacher((call) =>
          param in call.body ? { status: 422, json: body } : chatReply('ok'),
        ),
      );
      const asked = { ...chat, presencePenalty: 1.5 };
      assert.equal((await createTeacherClient(teacher.profile(), {}).ask(asked)).text, 'ok');
      assert.equal(teacher.calls.length, 2);
    });

  it('is said where neither name of the token limit is taken, after one more request', async (test) => {
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(({ body }) =>
        errorReply(400, {
          message: `Unsupported parameter: ${'max_tokens' in body ? 'max_tokens' : 'max_completion_tokens'}`,
        }),
      ),
    );
    await assert.rejects(createTeacherClient(teacher.profile(), {}).ask(chat), {
      code: 'Configuration',
      message:
        /Unsupported parameter: max_completion_tokens.*say so in the profile "scripted" of teachers\.json/,
    });
    assert.equal(teacher.calls.length, 2);
  });
});

describe('an endpoint of Azure', () => {
  it('has its key in `api-key` and its version in the query, wherever the request goes', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('ok')));
    const profile = teacher.profile({
      apiKeyVariable: 'AZURE_KEY',
      apiKeyHeader: 'api-key',
      query: { 'api-version': '2024-10-21' },
    });
    await createTeacherClient(profile, { AZURE_KEY: 'a-key-of-azure' }).ask(chat);
    const [call] = teacher.calls;
    assert.equal(call?.path, '/v1/chat/completions?api-version=2024-10-21');
    assert.equal(call?.headers['api-key'], 'a-key-of-azure');
    assert.equal(call?.headers.authorization, undefined);
  });
});

describe('the remedy fits the set-up', () => {
  const unknown = errorReply(404, { message: 'The model `m` does not exist', code: 'model_not_found' });
  const nowhere = errorReply(404, { message: 'Not Found' });
  const wrongKey = errorReply(401, { message: 'No.' });
  const elsewhere: Reply = { status: 308, headers: { location: 'https://new.example/v1' }, json: {} };
  const parameter = errorReply(400, { message: 'Unsupported parameter: n' });

  for (const [what, reply, env, file] of [
    ['an unknown model', unknown, 'Set OPENAI_MODEL to', 'Set "model" in the profile "mine" of'],
    ['no endpoint', nowhere, 'Check OPENAI_BASE_URL;', 'Check "baseUrl" in the profile "mine" of'],
    ['a redirect', elsewhere, 'set OPENAI_BASE_URL to where', 'set "baseUrl" in the profile "mine" of'],
    ['a wrong key', wrongKey, 'Set OPENAI_API_KEY in', 'its key: "apiKeyVariable" in the profile "mine" of'],
    [
      'a parameter',
      parameter,
      'say so in a profile of your own in place of "openai" (docs/teachers.md): maxTokensParameter',
      'say so in the profile "mine" of',
    ],
  ] as const)
    it(`where it is ${what}: a variable, or a field and its file`, async (test) => {
      const teacher = disposedAfter(test, await startScriptedTeacher(() => reply));
      const folder = await mkdtemp(join(tmpdir(), 'alpaca-set-up-'));
      test.after(() => rm(folder, { recursive: true }));
      const teachersFile = join(folder, 'teachers.json');
      await writeFile(teachersFile, JSON.stringify({ mine: { baseUrl: teacher.baseUrl, model: 'm' } }));
      const variables = {
        OPENAI_MODEL: 'm',
        OPENAI_BASE_URL: teacher.baseUrl,
        OPENAI_API_KEY: 'a-key-of-mine',
      };
      const profiles = await loadProfiles({ env: variables, teachersFile });
      for (const [name, says] of [
        ['openai', env],
        ['mine', file],
      ] as const) {
        const { message } = await createTeacherClient(profiles.get(name), variables)
          .ask(chat)
          .then(
            () => assert.fail('it was expected to fail'),
            (error: Error) => error,
          );
        assert.ok(message.includes(says), message);
        assert.equal(message.includes(teachersFile), name === 'mine');
      }
    });

  it('is OPENAI_API_KEY where a server of one’s own wants a key, and the preset where it is Azure', async () => {
    const unauthorized = new APIError(401, { message: 'No.' }, 'No.', new Headers());
    const remedyAt = async (OPENAI_BASE_URL: string) => {
      const profiles = await loadProfiles({ env: { OPENAI_MODEL: 'm', OPENAI_BASE_URL } });
      return String(teacherFailure(unauthorized, profiles.get('openai')));
    };
    assert.match(
      await remedyAt('http://127.0.0.1:8000/v1'),
      /Set OPENAI_API_KEY in the worker's environment/,
    );
    assert.match(
      await remedyAt('https://mine.openai.azure.com/openai/deployments/m'),
      /use a profile with "preset": "azure"/,
    );
  });
});
