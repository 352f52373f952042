import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageOf } from '../../../../../activities/artifacts/languages/language.ts';
import {
  createInstructionFilter,
  type FilterName,
} from '../../../../../activities/generate/parse/filters.ts';

const english = createInstructionFilter(languageOf('en').instructions);
const korean = createInstructionFilter(languageOf('ko').instructions);

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

const CASES: [instruction: string, drops: FilterName | null][] = [
  ['', 'too-short'],
  ['Sort these words', 'too-short'],
  ['Sort these four words', null],
  [words(150), null],
  [words(151), 'too-long'],
  ['Describe the image in detail', 'forbidden-word'],
  ['Sketch the GRAPHS you were given', 'forbidden-word'],
  ['Explain what a pictured scene is', null],
  ['Write a profile of a friend', null],
  ['Rename the file for me', 'forbidden-word'],
  ['Tell me to go to bed', 'forbidden-word'],
  ['Explain how to redraw a plan', null],
  ['Explain the plot of Hamlet', 'forbidden-word'],
  ['Name a musical about cats', null],
  ['Name a piece of music', 'forbidden-word'],
  ['Describe mapmaking in the map’s age', 'forbidden-word'],
  ['Explain café_file naming to me', null],
  ['Write a program that sorts', 'write-a-program'],
  ['write a program that sorts', null],
  ['Please Write a program that sorts', null],
  ['"Sort" these words for me', 'punctuation-first'],
  ['[Task] sort the words now', 'punctuation-first'],
  ['~ sort the words now', 'punctuation-first'],
  ['`sort` the words for me', 'punctuation-first'],
  ['5 words to sort alphabetically', null],
  ['Élaborez un plan de voyage', 'non-ascii-first'],
  ['“Sort” these words for me', 'non-ascii-first'],
  ['😀 sort the words now', 'non-ascii-first'],
];

describe('the recipe’s filters', () => {
  for (const [instruction, drops] of CASES) {
    const shown =
      instruction.length > 50 ? `${instruction.slice(0, 20)}... (${instruction.length})` : instruction;
    it(`${drops ?? 'nothing'} drops "${shown}"`, () => {
      assert.equal(english(instruction), drops);
    });
  }

  it('let a Korean instruction begin with Hangul where the language is Korean', () => {
    const instruction = '다음 문장을 영어로 번역하세요.';
    assert.equal(korean(instruction), null);
    assert.equal(english(instruction), 'non-ascii-first');
  });

  it('drop Korean words for what a text model cannot see, particles or not, and no words that begin alike', () => {
    assert.equal(korean('서울에서 부산까지 지도에서는 얼마나 먼가요?'), 'forbidden-word');
    assert.equal(korean('이 사진을 한 문장으로 설명하세요.'), 'forbidden-word');
    assert.equal(korean('좋은 지도자의 조건을 세 가지 쓰세요.'), null);
    assert.equal(korean('그림자가 길어지는 까닭을 설명하세요.'), null);
  });

  it('have Korean bounds and starts in Korean', () => {
    assert.equal(korean('요약해 주세요.'), 'too-short');
    assert.equal(korean('날씨를 알려 주세요.'), null);
    assert.equal(korean('가 '.repeat(111)), 'too-long');
    assert.equal(korean('프로그램을 작성해서 결과를 보이세요.'), 'write-a-program');
    assert.equal(korean('詩를 한국어로 옮겨 주세요.'), 'other-script-first');
    assert.equal(korean('"봄"의 반대말을 쓰세요.'), 'punctuation-first');
  });

  it('count words as Python splits them', () => {
    assert.equal(english('one two\u001fthree\u0085four'), null);
    assert.equal(english('one two\ufeffthree four'), 'too-short');
  });
});
