import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import type { TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { chatReply, type Reply, startScriptedTeacher } from '../../teacher/scripted-teacher.ts';
import { temporaryStore } from '../generation-fixture.ts';

export type Stage = 'instructions' | 'classification' | 'instances';

export function stageOf(prompt: string): Stage {
  if (prompt.endsWith('Is it classification?')) return 'classification';
  return prompt.endsWith('9.') ? 'instructions' : 'instances';
}

/**
 * Answers by the prompt alone: two new instructions; "Sort ..." is a classification and has two labels; any other task has
 * an instance without input.
 *
 * @param ofInstances tokens that an answer with instances states
 */
export function answerStage(prompt: string, ofInstances?: Parameters<typeof chatReply>[3]): Reply {
  const word = (place: number) => `w${hash('sha256', prompt).slice(place, place + 7)}`;
  const task = prompt.slice(prompt.lastIndexOf('Task: '));
  switch (stageOf(prompt)) {
    case 'instructions': {
      const sort = `Sort ${word(0)} ${word(7)} ${word(14)} by kind.`;
      return chatReply(` ${sort}\n10. Explain ${word(21)} ${word(28)} ${word(35)} to ${word(42)}.\n`);
    }
    case 'classification':
      return chatReply(task.includes('Sort') ? ' Yes' : ' No');
    case 'instances':
      return chatReply(
        task.includes('Sort')
          ? `Class label: ${word(0)}\n${word(7)}\nClass label: ${word(14)}\n${word(21)}`
          : `Output: ${word(0)} it is.`,
        'stop',
        null,
        ofInstances,
      );
  }
}

/** Eight seed tasks of both kinds. */
export const SEEDS = Array.from({ length: 8 }, (_, index) => ({
  id: `seed-${index}`,
  name: `seed ${index}`,
  instruction: index % 2 === 0 ? `Sort thing number ${index} into kinds` : `Tell a tale of beast ${index}`,
  instances: [{ input: index % 2 === 0 ? `thing ${index}` : '', output: `seed output ${index}` }],
  is_classification: index % 2 === 0,
}));

/** Self-Instruct without a server, over a store of its own and a teacher that is scripted. */
export async function setUpStages(
  reply: (prompt: string, index: number) => Reply | Promise<Reply> = (prompt) => answerStage(prompt),
  overrides: Partial<TeacherProfile> = {},
) {
  const temporary = await temporaryStore();
  const teacher = await startScriptedTeacher((call, index) => reply(call.prompt, index));
  const profile = teacher.profile(overrides);
  const seedTasks = join(temporary.folder, 'seeds.jsonl');
  await writeFile(seedTasks, toJsonLines(SEEDS));
  const sources = { store: temporary.store, profiles: { names: ['scripted'], get: () => profile }, env: {} };
  const small = {
    ...{ method: 'self-instruct', teacher: 'scripted', seedTasks, promptsPerRequest: 2, seesAfter: 2 },
    ...{ target: 21, budgetUsd: 10 },
  };
  return {
    ...temporary,
    ...{ teacher, profile, sources, small },
    generate: (settings: object = {}) =>
      generateToFile(generateInput.parse({ ...small, ...settings }), sources, unwatched),
    asked: (stage: Stage) => teacher.calls.filter(({ prompt }) => stageOf(prompt) === stage),
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
