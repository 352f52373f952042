import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { questionRow, selectQuestions } from '../../../../../activities/evaluate/answers/instructions.ts';
import { seenInTraining } from '../../../../../activities/evaluate/answers/seen-in-training.ts';

describe('questionRow', () => {
  it('reads Self-Instruct’s user-oriented form', () => {
    const row = {
      id: 'user_oriented_task_0',
      motivation_app: 'Gmail',
      instruction: 'Answer the mail.',
      instances: [{ input: 'Dear all', output: 'Dear you' }],
    };
    assert.deepEqual(questionRow.parse(row), {
      instruction: 'Answer the mail.',
      input: 'Dear all',
      dataset: 'Gmail',
      reference: 'Dear you',
    });
  });

  it('reads AlpacaEval’s form', () => {
    assert.deepEqual(questionRow.parse({ dataset: 'helpful_base', instruction: 'Why?', output: 'x' }), {
      instruction: 'Why?',
      input: '',
      dataset: 'helpful_base',
      reference: 'x',
    });
  });

  it('takes an input or an output that is null for none, and refuses what is no text', () => {
    const expected = { instruction: 'Why?', input: '', dataset: '', reference: null };
    const empty = { input: null, output: null };
    assert.deepEqual(questionRow.parse({ instruction: 'Why?', ...empty }), expected);
    assert.deepEqual(questionRow.parse({ instruction: 'Why?', instances: [empty] }), expected);
    assert.equal(questionRow.safeParse({ instruction: 'Why\0?' }).success, false);
  });

  it('puts a category of the row’s own before that of the form, and takes an empty output for none', () => {
    const row = { instruction: 'Why?', category: 'reasoning', dataset: 'helpful_base', output: ' ' };
    const { dataset, reference } = questionRow.parse(row);
    assert.deepEqual([dataset, reference], ['reasoning', null]);
  });

  it('reads every row of the builtin file, which has the form of Self-Instruct’s 252', async () => {
    const rows = await readRows(builtinPath('evaluation-instructions', 'en'), questionRow);
    assert.ok(rows.length > 0);
    assert.ok(rows.every(({ dataset, reference }) => dataset !== '' && reference !== null));
  });
});

describe('selectQuestions', () => {
  const questions = Array.from({ length: 20 }, (_, i) => ({
    instruction: `Question ${i}`,
    input: '',
    dataset: '',
    reference: null,
  }));

  it('leaves out what training has seen, and counts it', () => {
    const { selected, excluded } = selectQuestions(questions, (text) => text.endsWith('3'), 48, 42);
    assert.equal(excluded, 2);
    assert.equal(selected.length, 18);
  });

  it('draws by the seed and keeps the order of the file', () => {
    const { selected } = selectQuestions(questions, () => false, 5, 42);
    assert.equal(selected.length, 5);
    const numbers = selected.map(({ instruction }) => Number(instruction.split(' ')[1]));
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert.deepEqual(selectQuestions(questions, () => false, 5, 42).selected, selected);
  });
});

describe('seenInTraining', () => {
  it('is true strictly above ROUGE-L 0.7', async () => {
    const seen = await seenInTraining([{ instruction: 'one two three four five six seven x y z' }], 'rouge');
    assert.equal(seen('one two three four five six seven eight y z'), true); // 9 of 10 in common
    assert.equal(seen('one two three four five six seven a b c'), false); // exactly 0.7
    assert.equal(seen('something else altogether'), false);
  });

  it('sees instructions in another script, where most are so and none is set', async () => {
    const rows = [{ instruction: 'Назовите столицу Франции.' }];
    assert.equal((await seenInTraining(rows, null))('назовите столицу франции'), true);
    assert.equal((await seenInTraining(rows, 'rouge'))('назовите столицу франции'), false);
  });
});
