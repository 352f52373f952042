import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageOf } from '../../../../../activities/artifacts/languages/language.ts';
import { createInstructionFilter } from '../../../../../activities/generate/parse/filters.ts';
import {
  capitalize,
  readInstructions,
} from '../../../../../activities/generate/self-instruct/read-instructions.ts';

const completions = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };
const chat = { repeatsHeading: true, wrapsList: true, thinkingMarks: null };

function filterOf(language: string) {
  const { instructions } = languageOf(language);
  return createInstructionFilter(instructions, instructions.selfInstructWords);
}

function read(text: string, profile: typeof chat = completions, finishReason = 'stop', language = 'en') {
  const answer = readInstructions({ text, finishReason, outcome: 'answered' }, filterOf(language), profile);
  return {
    asked: answer.asked,
    said: answer.instructions.map(({ instruction, drop }) => drop ?? instruction),
  };
}

describe('the instructions of an answer', () => {
  it('are split at numbered lines, and lose white space and capitals as in the original', () => {
    const text = ' Name THREE  rivers\nof Peru.\n10. List the Days of May.\n11 . Say it in French, Ada.';
    assert.deepEqual(read(text), {
      asked: 7,
      said: ['Name three rivers of peru.', 'List the days of may.', 'Say it in french, ada.'],
    });
  });

  it('keep their place in the answer', () => {
    const entry = {
      text: '\n10. \n11. Add four to nine.',
      finishReason: 'stop',
      outcome: 'answered' as const,
    };
    assert.deepEqual(readInstructions(entry, filterOf('en'), completions).instructions, [
      { segment: 2, instruction: 'Add four to nine.', drop: null },
    ]);
  });

  it('are dropped by the shorter list of words: music and videos are none of them', () => {
    const text =
      ' Describe music in a video.\n10. Describe the map of Oslo.\n11. Please go to the shop.\n12. Plotting is no plan.';
    assert.deepEqual(read(text).said, [
      'Describe music in a video.',
      'forbidden-word',
      'forbidden-word',
      'Plotting is no plan.',
    ]);
  });

  it('are dropped by length and by how they begin; a small first letter does not help', () => {
    const text = ` say it twice\n10. ${'word '.repeat(151)}\n11. write a Program that adds.\n12. (Say it three times)\n13. Étends la liste suivante ici`;
    assert.deepEqual(read(text).said, [
      'too-short',
      'too-long',
      'write-a-program',
      'punctuation-first',
      'non-ascii-first',
    ]);
    assert.deepEqual(read(' 다음 낱말을 가나다순으로 쓰세요.', completions, 'stop', 'ko').said, [
      '다음 낱말을 가나다순으로 쓰세요.',
    ]);
  });

  it('are dropped where they are no text, and where a prompt could not hold them', () => {
    assert.deepEqual(read(` Say it to\0me now.\n10. Say ${'a'.repeat(2400)} to them.`).said, [
      'nul',
      'too-long',
    ]);
  });

  it('are lost whole with an answer that the token limit ended', () => {
    assert.deepEqual(read(' Name three rivers of Peru.\n10. List the days', completions, 'length'), {
      asked: 7,
      said: [],
    });
  });

  it('end where the original’s stops end them, at an endpoint that does not', () => {
    const rivers = ' Name three rivers of Peru.';
    for (const rest of ['\n\n10. List the days of May.', '\n16. List the days of May.', '16.'])
      assert.deepEqual(read(rivers + rest, completions, 'length').said, ['Name three rivers of peru.'], rest);
  });

  it('are found in what a chat model wraps around them', () => {
    const expected = ['Name three rivers of peru.', 'List the days of may.'];
    for (const text of [
      '9. Name three rivers of Peru.\n\n10. List the days of May.\n\nLet me know if you need more!',
      'Sure, here are more tasks:\n\n9. Name three rivers of Peru.\n10. List the days of May.',
      '```text\n9. Name three rivers of Peru.\n10. List the days of May.\n```',
      '**9.** Name three rivers of Peru.\n**10.** List the days of May.',
      '**9. Name three rivers of Peru.**\n**10. List the days of May.**',
      'Name three rivers of Peru.\n10. List the days of May.\n16. Say nothing of the rest.',
    ])
      assert.deepEqual(read(text, chat).said, expected, text);
  });

  it('are no opening of a chat model where they end with a colon and the next one follows', () => {
    assert.deepEqual(read('Translate this sentence into French:\n10. List the days of May.', chat).said, [
      'Translate this sentence into french:',
      'List the days of may.',
    ]);
  });

  it('are none of a refusal', () => {
    const refused = { text: 'No.', finishReason: 'content_filter', outcome: 'refused' as const };
    assert.deepEqual(readInstructions(refused, filterOf('en'), chat), { instructions: [], asked: 0 });
  });
});

describe('a first capital', () => {
  it('is Python’s, for letters that have none or two', () => {
    for (const [text, expected] of [
      ['tell Me', 'Tell me'],
      ['ßer Weg', 'Sser weg'],
      ['ΟΔΟΣ', 'Οδος'],
      ['𐐨𐐀', '𐐀𐐨'],
      ['가 A', '가 a'],
      ['', ''],
    ])
      assert.equal(capitalize(text ?? ''), expected);
  });
});
