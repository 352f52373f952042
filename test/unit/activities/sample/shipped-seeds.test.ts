import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type Builtin, builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { languageOf } from '../../../../activities/artifacts/languages/language.ts';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import { rougeL } from '../../../../activities/dedupe/rouge/rouge.ts';
import { tokenizeRouge, tokenizeSyllablePairs } from '../../../../activities/dedupe/rouge/tokenize.ts';
import { createInstructionFilter } from '../../../../activities/generate/parse/filters.ts';
import { checkEvaluationInstructions, checkSeedTasks } from '../../../../activities/sample/seed-tasks.ts';
import { evaluationInstruction, seedTask } from '../../../../workflows/contracts/data.ts';

const LANGUAGES = ['en', 'ko'] as const;
type Language = (typeof LANGUAGES)[number];

const seedTasks = (language: Language) => readRows(builtinPath('seed-tasks', language), seedTask);
const evaluationInstructions = (language: Language) =>
  readRows(builtinPath('evaluation-instructions', language), evaluationInstruction);

describe('the shipped seed tasks', () => {
  it('are 175 in English, 33 of them classification and 51 without input', async () => {
    const counts = checkSeedTasks(await seedTasks('en'), 'seed-tasks.jsonl');
    assert.deepEqual(counts, { tasks: 175, classification: 33, withoutInput: 51 });
  });

  it('are 175 in Korean, 29 of them classification and 63 without input', async () => {
    const counts = checkSeedTasks(await seedTasks('ko'), 'seed-tasks.jsonl');
    assert.deepEqual(counts, { tasks: 175, classification: 29, withoutInput: 63 });
  });

  for (const language of LANGUAGES) {
    it(`pass the filters that generated instructions must pass (${language})`, async () => {
      const filter = createInstructionFilter(languageOf(language).instructions);
      for (const { instruction } of await seedTasks(language))
        assert.equal(filter(instruction), null, instruction);
    });

    it(`are numbered from seed_task_0, each with a name of its own (${language})`, async () => {
      const tasks = await seedTasks(language);
      assert.deepEqual(
        tasks.map((task) => task.id),
        tasks.map((_, index) => `seed_task_${index}`),
      );
      assert.equal(new Set(tasks.map((task) => task.name)).size, tasks.length);
    });

    it(`have an output everywhere, and nothing that reads as the prompt's own marks (${language})`, async () => {
      for (const { id, instruction, instances } of await seedTasks(language)) {
        for (const { input, output } of instances) {
          assert.notEqual(output, '', id);
          for (const text of [instruction, input, output]) {
            assert.equal(text, text.trim(), id);
            assert.doesNotMatch(text, /###|<noinput>|\d\.\s+(Instruction|Input|Output):/, id);
          }
        }
      }
    });
  }
});

describe('the shipped evaluation instructions', () => {
  for (const [language, count, withInput] of [
    ['en', 64, 37],
    ['ko', 62, 38],
  ] as const) {
    it(`are ${count}, ${withInput} of them with an input (${language})`, async () => {
      const rows = await evaluationInstructions(language);
      checkEvaluationInstructions(rows, 'evaluation-instructions');
      assert.equal(rows.length, count);
      assert.equal(rows.filter((row) => row.instances[0]?.input !== '').length, withInput);
      for (const row of rows) assert.notEqual(row.instances[0]?.output, '', row.id);
    });
  }
});

describe('instructions, seed tasks and evaluation together', () => {
  for (const [language, tokenize] of [
    ['en', tokenizeRouge],
    ['ko', tokenizeSyllablePairs],
  ] as const) {
    it(`differ from each other by the dedupe rule: ROUGE-L below 0.7 (${language})`, async () => {
      const rows = [...(await seedTasks(language)), ...(await evaluationInstructions(language))];
      const tokens = rows.map((row) => tokenize(row.instruction));
      for (const [later, a] of tokens.entries())
        for (const [earlier, b] of tokens.slice(0, later).entries())
          assert.ok(rougeL(a, b) < 0.7, `${rows[earlier]?.instruction} / ${rows[later]?.instruction}`);
    });
  }
});

describe('the shipped prompts', () => {
  const prompt = (language: Language) => readFile(builtinPath('prompt' satisfies Builtin, language), 'utf8');

  for (const language of LANGUAGES) {
    it(`say once how many tasks are wanted, list nine rules and end by introducing the tasks (${language})`, async () => {
      const text = await prompt(language);
      assert.equal(text.split('{count}').length, 2);
      assert.deepEqual(
        [...text.matchAll(/^(\d)\. /gm)].map(([, number]) => number),
        ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
      );
      assert.match(text, /\nThe tasks:\n$/);
    });
  }

  it('differ in the language rule alone', async () => {
    const english = (await prompt('en')).split('\n');
    const korean = (await prompt('ko')).split('\n');
    const different = english.filter((line, index) => line !== korean[index]);
    assert.deepEqual(different, ['5. Write everything in English.']);
    assert.equal(english.length, korean.length);
    assert.match(korean.join('\n'), /^5\. .*in Korean/m);
  });
});
