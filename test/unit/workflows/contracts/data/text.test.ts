import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textFault } from '../../../../../workflows/contracts/data/text.ts';
import {
  dataRow,
  dataRowOrSeedTask,
  evaluationInstruction,
  recipeRow,
  seedTask,
} from '../../../../../workflows/contracts/data.ts';

describe('what is text', () => {
  for (const value of [
    '',
    'Two\r\nlines\tand a page\f\v',
    'na\u00efve \ud83d\ude00 \ufeff\u0092\u0085\u200b\ufffd\uffff',
  ])
    it(`is ${JSON.stringify(value)}`, () => {
      assert.equal(textFault(value), null);
    });

  for (const [value, fault] of [
    ['a\ud83d', 'half-surrogate'],
    ['\ude00a', 'half-surrogate'],
    ['\ude00\ud83d', 'half-surrogate'],
    ['a\0b', 'nul'],
    ['\u001b[31mred', 'control-character'],
    ['bell\u0007', 'control-character'],
    ['\u001f', 'control-character'],
    ['\u007f', 'control-character'],
  ] as const)
    it(`is not ${JSON.stringify(value)}: ${fault}`, () => {
      assert.equal(textFault(value), fault);
    });

  const instances = [{ input: '', output: 'Blue.' }];
  const rows = {
    recipeRow: [recipeRow, { instruction: 'Name it.', input: '', output: 'Blue.' }],
    dataRow: [dataRow, { instruction: 'Name it.', input: '', output: 'Blue.' }],
    'a seed task as a row': [dataRowOrSeedTask, { instruction: 'Name it.', instances }],
    seedTask: [
      seedTask,
      { id: 'a', name: 'a', instruction: 'Name it.', instances, is_classification: false },
    ],
    evaluationInstruction: [
      evaluationInstruction,
      { id: 'a', motivation_app: '', instruction: 'Name it.', instances },
    ],
  } as const;
  for (const [name, [schema, row]] of Object.entries(rows))
    it(`is the same in every kind of row: ${name}`, () => {
      assert.equal(schema.safeParse(row).success, true);
      for (const [value, message] of [
        ['a\ud83d', 'half of a surrogate pair, which is no text'],
        ['a\0', 'a NUL character, which is no text'],
        ['a\u0007', 'a control character, which is no text'],
      ])
        for (const bad of [
          { ...row, instruction: value },
          'output' in row ? { ...row, output: value } : { ...row, instances: [{ input: '', output: value }] },
          'output' in row ? { ...row, input: value } : { ...row, instances: [{ input: value, output: '' }] },
        ])
          assert.equal(schema.safeParse(bad).error?.issues[0]?.message, message);
    });
});

describe('an input that is null or missing', () => {
  for (const given of [{ input: null }, {}, { input: undefined }])
    it(`is the empty one: ${JSON.stringify(given)}`, () => {
      const row = { instruction: 'Name it.', ...given, output: 'Blue.' };
      assert.deepEqual(dataRow.parse(row), { instruction: 'Name it.', input: '', output: 'Blue.' });
      const { output: _, ...rest } = row;
      const task = { ...rest, instances: [{ ...given, output: 'Blue.' }] };
      assert.deepEqual(dataRowOrSeedTask.parse(task), { ...row, input: '' });
      const instruction = { id: 'a', motivation_app: '', ...task };
      assert.deepEqual(evaluationInstruction.parse(instruction).instances, [{ input: '', output: 'Blue.' }]);
    });

  it('is no other value, and no output is missing', () => {
    for (const row of [
      { instruction: 'a', input: 5, output: '' },
      { instruction: 'a', input: '', output: null },
    ])
      assert.equal(dataRow.safeParse(row).success, false);
  });
});
