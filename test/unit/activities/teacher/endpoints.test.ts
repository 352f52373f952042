import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { TeacherFailure } from '../../../../activities/teacher/answer/failures.ts';
import { withoutThinking } from '../../../../activities/teacher/answer/thinking.ts';
import { createTeacherClient } from '../../../../activities/teacher/client.ts';
import { type PresetName, presetName } from '../../../../activities/teacher/profile/presets.ts';
import { loadProfiles } from '../../../../activities/teacher/profile/profiles.ts';
import type { ChatRequest } from '../../../../activities/teacher/request-body.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { RECORDED_SHAPES } from './recorded-shapes.ts';
import { type Reply, startScriptedTeacher } from './scripted-teacher.ts';

const request: ChatRequest = {
  style: 'chat',
  model: 'a-model',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  messages: [{ role: 'user', content: 'Go on.' }],
};

/** The names that an endpoint is known by, whatever their keys are called. */
const KEYS = Object.fromEntries(
  ['OPENAI', 'AZURE_OPENAI', 'OPENROUTER', 'MISTRAL', 'GEMINI', 'GROQ', 'DEEPSEEK'].map((name) => [
    `${name}_API_KEY`,
    `key-of-${name.toLowerCase()}`,
  ]),
);

/** A client of a preset's profile, of which only the place is another. */
async function clientOf(preset: PresetName, test: TestContext, reply: (index: number) => Reply) {
  const teacher = disposedAfter(test, await startScriptedTeacher((_, index) => reply(index)));
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-presets-'));
  test.after(() => rm(folder, { recursive: true }));
  const teachersFile = join(folder, 'teachers.json');
  const own = { preset, baseUrl: teacher.baseUrl, model: 'a-model' };
  await writeFile(teachersFile, JSON.stringify({ mine: own }));
  const profiles = await loadProfiles({ env: {}, teachersFile });
  return { client: createTeacherClient(profiles.get('mine'), KEYS), teacher };
}

async function failureOf(asking: Promise<unknown>): Promise<TeacherFailure> {
  const failure = await asking.then(
    () => assert.fail('it was expected to fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof TeacherFailure, String(failure));
  return failure;
}

describe('an endpoint, asked by its preset', () => {
  for (const preset of presetName.options) {
    const { answer, read = {}, refused, tooLong, asked, endless } = RECORDED_SHAPES[preset];
    it(`${preset}: is answered, and its text, thinking, end and usage are told apart`, async (test) => {
      const { client } = await clientOf(preset, test, () => ({ json: answer }));
      const { text, thinking, finishReason, usage } = await client.ask(request);
      const { end = 'stop', completionTokens = 5 } = read;
      assert.deepEqual(
        [withoutThinking(text, client.profile.thinkingMarks).trim(), thinking, finishReason, usage],
        ['An answer', read.thinking, end, { promptTokens: 20, completionTokens }],
      );
    });

    it(`${preset}: is told apart where it refuses`, async (test) => {
      const { client, teacher } = await clientOf(preset, test, () => refused.reply);
      const { code, message } = await failureOf(client.ask(request));
      assert.equal(code, refused.code, message);
      assert.equal(message.includes('no body'), false, 'what it says is shown');
      assert.equal(teacher.calls.length, 1);
    });

    it(`${preset}: is given up where the prompt alone is too long, with the setting that is at fault`, async (test) => {
      const { client } = await clientOf(preset, test, () => endless);
      const { code, message } = await failureOf(client.ask(request));
      assert.equal(code, 'ContextLength', message);
      assert.match(message, /Lower (?:maxTokens or )?seedTasksPerPrompt/);
    });

    if (tooLong === null) continue;
    it(`${preset}: is asked for ${asked.join(' and then ')} tokens where its context is too short`, async (test) => {
      const replies = [tooLong, { json: answer }];
      const { client, teacher } = await clientOf(preset, test, (index) => replies[index] ?? 'cut');
      const { maxTokens } = await client.ask(request);
      const limits = teacher.calls.map(({ body }) => body.max_completion_tokens ?? body.max_tokens);
      assert.deepEqual(limits, asked);
      assert.equal(maxTokens, asked.at(-1));
    });
  }
});

describe('the presets', () => {
  it('send each key in the header of its endpoint, and local servers none', async (test) => {
    const sent: Record<string, string | undefined> = {};
    for (const preset of presetName.options) {
      const { client, teacher } = await clientOf(preset, test, () => ({
        json: RECORDED_SHAPES[preset].answer,
      }));
      await client.ask(request);
      const { authorization, 'api-key': apiKey } = teacher.calls[0]?.headers ?? {};
      sent[preset] = authorization ?? (apiKey && `api-key ${String(apiKey)}`);
    }
    assert.deepEqual(sent, {
      openai: 'Bearer key-of-openai',
      azure: 'api-key key-of-azure_openai',
      openrouter: 'Bearer key-of-openrouter',
      mistral: 'Bearer key-of-mistral',
      gemini: 'Bearer key-of-gemini',
      groq: 'Bearer key-of-groq',
      deepseek: 'Bearer key-of-deepseek',
      vllm: undefined,
      sglang: undefined,
      tgi: undefined,
      'llama.cpp': undefined,
      ollama: undefined,
      lmstudio: undefined,
    });
  });
});
