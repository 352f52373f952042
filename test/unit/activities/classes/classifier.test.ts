import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../../../activities/classes/classifier.ts';
import { countClasses, languageOfRows } from '../../../../activities/classes/count-classes.ts';
import { measureAccuracy } from '../../../../activities/classes/measured-accuracy.ts';
import type { InstructionClass } from '../../../../workflows/contracts/data/classes.ts';

describe('the class of an instruction', () => {
  const examples: [InstructionClass, string, string][] = [
    ['code', 'Write a Python function that adds two numbers.', ''],
    ['code', 'What does this print?', 'for x in [1, 2]:\n    print(x)'],
    ['mathematics', 'What is 12 times 11?', ''],
    ['summarization', 'Summarize the article in two sentences.', 'The council met on Monday.'],
    ['classification', 'Classify the animal as a mammal or a bird.', 'bat'],
    ['rewriting', 'Translate the sentence into French.', 'The soup is hot.'],
    ['extraction', 'Extract the telephone number.', 'Call 555 0147 before noon.'],
    ['open-generation', 'Write a poem about the sea.', ''],
    ['brainstorming', 'Suggest three names for a cat.', ''],
    ['closed-question-answering', 'Where was she born?', 'Ida Holm was born in Bergen in 1911.'],
    ['open-question-answering', 'Where was Mozart born?', ''],
    ['chat', 'Hello! How are you today?', ''],
    ['other', 'Spell the word backwards.', 'kettle'],
    // "I" and "me" speak for a chat; words that begin so do not.
    ['open-question-answering', 'In which month does ice melt in Iceland?', ''],
    ['other', 'Mention items used in medicine.', ''],
  ];
  const classify = createClassifier('en');
  for (const [name, instruction, input] of examples)
    it(`is ${name} for “${instruction}”`, () => assert.equal(classify({ instruction, input }), name));

  it('is read in Korean by Korean words', () => {
    const korean = createClassifier('ko');
    assert.equal(
      korean({ instruction: '다음 글을 한 문장으로 요약하세요.', input: '비가 온다.' }),
      'summarization',
    );
    assert.equal(korean({ instruction: '파이썬으로 두 수를 더하는 함수를 작성하세요.', input: '' }), 'code');
  });

  it('is other where no word says anything', () => {
    assert.equal(classify({ instruction: 'Zzyzx.', input: '' }), 'other');
  });

  it('never asks for something of an input that is not there', () => {
    const question = 'According to the passage, who won?';
    assert.equal(classify({ instruction: question, input: 'Lena won.' }), 'closed-question-answering');
    assert.equal(classify({ instruction: question, input: '' }), 'open-question-answering');
  });
});

describe('classes of rows', () => {
  it('are counted, the most frequent first', () => {
    const rows = [
      { instruction: 'Calculate 3 + 4.', input: '' },
      { instruction: 'Write a poem.', input: '' },
      { instruction: 'Write a story.', input: '' },
    ];
    assert.deepEqual(countClasses(rows, 'en'), [
      { name: 'open-generation', rows: 2 },
      { name: 'mathematics', rows: 1 },
    ]);
  });

  it('are read in the language whose letters most instructions have, as Korean has Hangul', () => {
    const [english, korean] = [{ instruction: 'Write a poem.' }, { instruction: '시를 써 주세요.' }];
    assert.equal(languageOfRows([english, korean, korean]), 'ko');
    assert.equal(languageOfRows([english, korean]), 'en');
  });
});

describe('the accuracy that the report prints', () => {
  for (const [language, heldOut, tuning] of [
    ['en', { instructions: 100, right: 89 }, { instructions: 200, right: 187 }],
    ['ko', { instructions: 40, right: 37 }, { instructions: 80, right: 80 }],
  ] as const)
    it(`is measured on the shipped labelled instructions (${language})`, async () => {
      const measured = await measureAccuracy(language);
      assert.deepEqual([measured?.heldOut, measured?.tuning], [heldOut, tuning]);
    });

  it('counts every labelled instruction of a class once', async () => {
    const measured = await measureAccuracy('en');
    for (const { readAs } of measured?.confusion ?? [])
      assert.equal(
        Object.values(readAs).reduce((sum, rows) => sum + rows, 0),
        25,
      );
  });
});
