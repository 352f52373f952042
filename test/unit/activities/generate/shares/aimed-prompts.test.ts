import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { createClassifier } from '../../../../../activities/classes/classifier.ts';
import { NOTHING_SEEN } from '../../../../../activities/generate/accept/seen-rows.ts';
import { createAimedPrompts } from '../../../../../activities/generate/shares/aimed-prompts.ts';
import { type SeedTask, seedTask } from '../../../../../workflows/contracts/data.ts';
import type { GenerateInput } from '../../../../../workflows/contracts/generate.ts';

describe('prompts with an aim', () => {
  let english: SeedTask[];
  let korean: SeedTask[];
  before(async () => {
    const read = async (language: string) => {
      const rows = await readRows(builtinPath('seed-tasks', language), seedTask);
      return rows.map((row) => ({ ...row, language }));
    };
    [english, korean] = await Promise.all([read('en'), read('ko')]);
  });
  const settings = {
    ...{ runSeed: 42, language: 'en', seesAfter: 4 },
    ...{ seedTasksPerPrompt: 3, promptsPerRequest: 5, instructionsPerPrompt: 20 },
  };
  const promptsFor = (shares: Pick<GenerateInput, 'languages' | 'classes'>, seeds: readonly SeedTask[]) =>
    createAimedPrompts(settings, shares, seeds, 'text')(NOTHING_SEEN);
  /** The instructions that a prompt shows. */
  const shownIn = (prompt: string) =>
    [...prompt.matchAll(/###\n\d+\. Instruction: (.+)\n\d+\. Input:\n(.+)\n/g)].map(
      ([, instruction = '', input = '']) =>
        createClassifier('en')({ instruction, input: input === '<noinput>' ? '' : input }),
    );

  it('show seed tasks of their class, and say of what kind the tasks are to be before the list begins', () => {
    const prompts = promptsFor({ languages: null, classes: { code: 0.5 } }, english);
    const [code, rest] = [prompts.text(0, 0), prompts.text(0, 1)];
    const kind = 'writing, explaining or mending program code';
    assert.ok(
      code.includes(
        `\n\nEvery further task of the collection is of one kind: ${kind}.\n\nThe tasks:\n\n###\n1. Instr`,
      ),
    );
    assert.ok(
      rest.includes(`No further task of the collection is of one of these kinds: ${kind}.\n\nThe tasks:`),
    );
    assert.deepEqual(shownIn(code), ['code', 'code', 'code']);
    assert.equal(shownIn(rest).length, 3);
    assert.ok(!shownIn(rest).includes('code'));
  });

  it('are of one language each, with its requirements and its seed tasks', () => {
    const prompts = promptsFor({ languages: { en: 0.5, ko: 0.5 }, classes: null }, [...english, ...korean]);
    assert.deepEqual([prompts.language?.(0, 0), prompts.language?.(0, 1)], ['en', 'ko']);
    assert.match(prompts.text(0, 1), /output in Korean[\s\S]*###\n1\. Instruction: [^\n]*\p{Script=Hangul}/u);
    assert.doesNotMatch(prompts.text(0, 0), /\p{Script=Hangul}/u);
    assert.ok(prompts.longest().length >= prompts.text(0, 1).length);
  });

  it('are the same in whatever order the shares are written', () => {
    const [one, other] = [
      { code: 0.3, mathematics: 0.3 },
      { mathematics: 0.3, code: 0.3 },
    ].map((classes) => promptsFor({ languages: null, classes }, english));
    for (const prompt of [0, 1, 2, 3, 4]) assert.equal(one?.text(0, prompt), other?.text(0, prompt));
  });

  it('know the shares that a row is of', () => {
    const prompts = promptsFor({ languages: { en: 0.5, ko: 0.5 }, classes: { code: 0.2 } }, [
      ...english,
      ...korean,
    ]);
    const row = { instruction: 'Write a Python function that adds two numbers.', input: '' };
    assert.deepEqual(prompts.sharesOf?.({ ...row, language: 'en' }), ['en', 'code']);
    assert.deepEqual(
      prompts.sharesOf?.({ instruction: '안녕하세요, 잘 지내요?', input: '', language: 'ko' }),
      ['ko'],
    );
  });

  it('refuse seed tasks that are too few in a language', () => {
    assert.throws(() => promptsFor({ languages: { en: 0.5, ko: 0.5 }, classes: null }, english), {
      code: 'InvalidInput',
      message: /shows 3 seed tasks \(seedTasksPerPrompt\), but there are only 0 in "ko"/,
    });
  });

  it('refuse classes in a language that has no words to ask for one', () => {
    assert.throws(
      () =>
        createAimedPrompts(
          { ...settings, language: 'es' },
          { languages: null, classes: { code: 0.5 } },
          english,
          'text',
        ),
      { code: 'InvalidInput', message: /the language "es" has no words to ask a teacher for a class/ },
    );
  });
});
