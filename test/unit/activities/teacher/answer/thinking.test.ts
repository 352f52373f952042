import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ThinkingMarks, withoutThinking } from '../../../../../activities/teacher/answer/thinking.ts';

const MARKS = ['<think>', '</think>'] as const;

describe('the thinking in an answer', () => {
  for (const [what, text, answer] of [
    ['before the answer', '<think>\nDraft.\n</think>\n\nAnswer.', '\n\nAnswer.'],
    ['that the prompt began', 'Draft.\n</think>\nAnswer.', '\nAnswer.'],
    ['without an end', '<think>\nDraft.', ''],
    ['of nothing', '<think></think>Answer.', 'Answer.'],
    [
      'behind white space and words',
      ' \n<think>\nOne.</think>Well <think>\nTwo.\n</think>Answer.',
      'Answer.',
    ],
    ['that names its own end', '<think>\nI end with </think> later.\n</think>\nAnswer.', '\nAnswer.'],
    ['begun again and not ended', 'Draft.</think>Answer.\n<think>Or rather', ''],
  ] as const)
    it(`is cut: ${what}`, () => assert.equal(withoutThinking(text, MARKS), answer));

  for (const text of [
    'Answer.',
    '',
    'The marks <think> and </think> stand around it.',
    'It begins with `<think>`\nand has no end.',
  ])
    it(`is none in ${JSON.stringify(text)}`, () => assert.equal(withoutThinking(text, MARKS), text));

  for (const marks of [
    ['[THINK]', '[/THINK]'],
    ['<|channel|>analysis<|message|>', '<|channel|>final<|message|>'],
  ] as ThinkingMarks[])
    it(`has the marks that the profile names: ${marks}`, () => {
      const [opening, closing] = marks ?? [];
      assert.equal(withoutThinking(`${opening}Draft.${closing}<think>Answer.`, marks), '<think>Answer.');
    });

  it('is left where the profile has no marks', () =>
    assert.equal(withoutThinking('<think>a</think>b', null), '<think>a</think>b'));

  it('is cut in a moment, however many marks there are', () => {
    const cut = withoutThinking('<think>x</think>'.repeat(200_000), MARKS);
    assert.equal(cut.length, 0);
  });
});
