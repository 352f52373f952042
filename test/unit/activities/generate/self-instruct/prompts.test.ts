import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { chooseFewShot } from '../../../../../activities/generate/self-instruct/few-shot.ts';
import {
  createSelfInstructPrompts,
  selfInstructTexts,
} from '../../../../../activities/generate/self-instruct/prompts.ts';
import { type SeedTask, seedTask } from '../../../../../workflows/contracts/data.ts';

const texts = {
  instructions: 'Go on:',
  classification: 'Yes or no?',
  outputFirst: 'Labels:',
  inputFirst: 'Examples:',
};

function task(instruction: string, isClassification: boolean, ...instances: [string, string][]): SeedTask {
  return {
    id: instruction,
    name: instruction,
    instruction,
    instances: instances.map(([input, output]) => ({ input, output })),
    is_classification: isClassification,
  };
}

const small = createSelfInstructPrompts(
  7,
  [
    task('Add them:', false, ['2, 3', '5'], ['4, 4', '8']),
    task('Sort it.', true, ['cod', 'Fish'], ['elm', 'Tree']),
    task('Say hello.', false, ['', 'Hello']),
    ...[1, 2, 3, 4, 5].map((number) => task(`Say  ${number}\nto me:`, false, ['Output: no example', 'x'])),
  ],
  texts,
);

describe('a prompt for instructions', () => {
  it('is a list of eight with the ninth number last, white space collapsed and colons at the end gone', () => {
    const lines = small.instructions(0, 0, ['Name it.', 'List them:']).split('\n');
    assert.equal(lines.length, 10);
    assert.equal(lines[0], 'Go on:');
    assert.equal(lines[9], '9.');
    const shown = lines.slice(1, 9).map((line, index) => {
      assert.ok(line.startsWith(`${index + 1}. `));
      return line.slice(3);
    });
    const known = [
      'Add them',
      'Sort it.',
      'Say hello.',
      'Say 1 to me',
      'Say 2 to me',
      'Say 3 to me',
      'Say 4 to me',
      'Say 5 to me',
    ];
    assert.deepEqual(shown.filter((line) => !known.includes(line)).sort(), ['List them', 'Name it.']);
  });
});

describe('the other prompts', () => {
  it('show seed tasks of both kinds, and then the instruction', () => {
    assert.ok(
      small
        .classification('Name a river.')
        .startsWith(
          'Yes or no?\n\nTask: Sort it.\nIs it classification? Yes\n\nTask: Add them:\nIs it classification? No\n\n',
        ),
    );
    assert.ok(
      small.classification('Name a river.').endsWith('\n\nTask: Name a river.\nIs it classification?'),
    );
  });

  it('show labels first for a classification', () => {
    assert.equal(
      small.instances('Is it wet?', true),
      'Labels:\n\nTask: Sort it.\nClass label: Fish\ncod\nClass label: Tree\nelm\n\nTask: Is it wet?\n',
    );
  });

  it('show inputs first for others, and leave out a seed task that holds a heading', () => {
    assert.equal(
      small.instances('Name a river.', false),
      'Examples:\n\nTask: Add them:\nExample 1\nInput: 2, 3\nOutput: 5\nExample 2\nInput: 4, 4\nOutput: 8\n\nTask: Say hello.\nOutput: Hello\n\nTask: Name a river.\n',
    );
  });
});

for (const language of ['en', 'ko'] as const) {
  describe(`the prompts of ${language}`, () => {
    const tasks = readFileSync(builtinPath('seed-tasks', language), 'utf8')
      .trim()
      .split('\n')
      .map((line) => seedTask.parse(JSON.parse(line)));
    const shipped = selfInstructTexts.parse(
      JSON.parse(readFileSync(builtinPath('self-instruct', language), 'utf8')),
    );
    const prompts = createSelfInstructPrompts(1, tasks, shipped);

    it('are in that language, with examples of all kinds, and of bounded length', () => {
      const { classification, outputFirst, inputFirst } = chooseFewShot(tasks);
      assert.ok(classification.filter(({ is_classification: is }) => is).length >= 5);
      assert.ok(outputFirst.length >= 5 && outputFirst.every(({ is_classification: is }) => is));
      assert.ok(inputFirst.some(({ instances }) => instances[0]?.input === ''));
      assert.ok(inputFirst.some(({ instances }) => instances[0]?.input !== ''));
      const all = [prompts.classification('x'), prompts.instances('x', true), prompts.instances('x', false)];
      for (const prompt of all) assert.ok(prompt.length > 300 && prompt.length < 6000, String(prompt.length));
      const hangul = language === 'ko';
      for (const text of Object.values(shipped)) assert.equal(/\p{Script=Hangul}/u.test(text), hangul);
    });

    it('are never longer than the longest', () => {
      const instruction = 'w'.repeat(2400);
      for (let request = 0; request < 200; request += 1) {
        const prompt = prompts.instructions(request, 0, [instruction, instruction, instruction]);
        assert.ok(Buffer.byteLength(prompt) <= Buffer.byteLength(prompts.longest('instructions')));
      }
      assert.equal(prompts.classification(instruction).length, prompts.longest('classification').length);
      for (const is of [true, false])
        assert.ok(
          Buffer.byteLength(prompts.instances(instruction, is)) <=
            Buffer.byteLength(prompts.longest('instances')),
        );
    });
  });
}
