import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import type { CostEstimate } from '../../../../activities/generate/assumptions.ts';
import { type GenerationWatcher, generateToFile } from '../../../../activities/generate/generate-to-file.ts';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import { generateInput } from '../../../../workflows/contracts/generate.ts';
import { chatReply, type Reply, startScriptedTeacher } from '../teacher/scripted-teacher.ts';
import { answerWith, SEED_TASKS, temporaryStore } from './generation-fixture.ts';

/** Two instructions like no other, whatever their number. */
export function answerNumber(
  number: number,
  usage?: { prompt_tokens: number; completion_tokens: number },
): Reply {
  const words = ['a', 'b', 'c', 'd'].map((letter) => `${letter}${number}`).join(' ');
  const text = answerWith(`Explain ${words}`, `${words.replaceAll(' ', 'x ')} described at length`);
  return chatReply(text, 'stop', null, usage);
}

/** A small generation without a server, over a store of its own and a teacher that is scripted. */
export async function setUp(
  reply: (index: number, prompt: string) => Reply | Promise<Reply>,
  overrides: Partial<TeacherProfile> = {},
) {
  const temporary = await temporaryStore();
  const teacher = await startScriptedTeacher((call, index) => reply(index, call.prompt));
  const profile = teacher.profile(overrides);
  const seedTasks = join(temporary.folder, 'seeds.jsonl');
  await writeFile(seedTasks, toJsonLines(SEED_TASKS));
  const sources = { store: temporary.store, profiles: { names: ['scripted'], get: () => profile }, env: {} };
  const small = {
    teacher: 'scripted',
    seedTasks,
    seedTasksPerPrompt: 1,
    promptsPerRequest: 2,
    instructionsPerPrompt: 4,
    maxTokens: 64,
  };
  const generate = (settings: object, watcher?: GenerationWatcher) =>
    generateToFile(generateInput.parse({ ...small, ...settings }), sources, unwatched, watcher);
  return {
    ...temporary,
    teacher,
    profile,
    generate,
    /** what is shown before the first request */
    async estimate(): Promise<CostEstimate> {
      const shown = Promise.withResolvers<CostEstimate>();
      const enough = new Error('the estimate is enough');
      const stopped = generate(
        { target: 1000, budgetUsd: 1 },
        {
          estimated(estimate) {
            shown.resolve(estimate);
            throw enough;
          },
        },
      );
      await assert.rejects(stopped, enough);
      return shown.promise;
    },
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
