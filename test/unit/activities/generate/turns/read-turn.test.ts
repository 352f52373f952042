import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTurn } from '../../../../../activities/generate/turns/read-turn.ts';

const read = (text: string, finishReason = 'stop', outcome: 'answered' | 'refused' = 'answered') =>
  readTurn({ text, finishReason, outcome }, 'user', ['Name a fruit.'], {
    thinkingMarks: ['<think>', '</think>'],
  });

describe('a message that a teacher writes', () => {
  for (const [given, content] of [
    ['\nWhy that one?\n', 'Why that one?'],
    ['### User: Why that one?', 'Why that one?'],
    ['User:\nWhy that one?', 'Why that one?'],
    ['Why that one?\n\n### Assistant:\nIt is red.', 'Why that one?'],
    ['<think>He asks on.</think>Why that one?', 'Why that one?'],
  ] as const)
    it(JSON.stringify(given), () => assert.deepEqual(read(given), { content }));

  it('is whole where it is cut off behind its end', () =>
    assert.deepEqual(read('Why?\n### User: and', 'length'), { content: 'Why?' }));

  it('keeps another speaker’s name, which is a part of it', () => {
    const entry = {
      text: 'Assistant: User: ann logged in',
      finishReason: 'stop',
      outcome: 'answered',
    } as const;
    assert.deepEqual(readTurn(entry, 'assistant', [], { thinkingMarks: null }), {
      content: 'User: ann logged in',
    });
  });

  for (const [given, drop] of [
    [read('Why that', 'length'), 'malformed'],
    [read(' \n'), 'turn-empty'],
    [read('Name a fruit.'), 'question-asked-before'],
    [read('Why\u0000?'), 'nul'],
    [read('', 'stop', 'refused'), 'refused'],
  ] as const)
    it(`is none: ${drop}`, () => assert.deepEqual(given, { drop }));
});
