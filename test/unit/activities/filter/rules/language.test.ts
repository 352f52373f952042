import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { language } from '../../../../../activities/filter/rules/language.ts';
import { reasonOf } from './rows.ts';

const SPANISH =
  'El río nace en las montañas y pasa por tres pueblos antes de llegar al mar, donde los barcos esperan la marea.';
const ENGLISH =
  'The river rises in the mountains and passes three towns before it comes to the sea, where the boats wait for the tide.';
const KOREAN = '강은 산에서 시작해 세 마을을 지나 바다로 흘러 들어가고, 그곳에서 배들이 밀물을 기다립니다.';

describe('the rule language', () => {
  it('drops an answer in another language than the run’s', () => {
    const instruction = 'Where does the river go?';
    assert.equal(reasonOf(language, { instruction, output: SPANISH }), 'the answer is in "es"');
    assert.equal(reasonOf(language, { instruction, output: KOREAN }), 'the answer is in Hangul letters');
    assert.equal(
      reasonOf(language, { instruction: '강은 어디로 흐릅니까?', output: ENGLISH }, 'ko'),
      'the answer is in "en"',
    );
    assert.equal(
      reasonOf(
        language,
        { instruction: '강은 어디로 흐릅니까?', output: 'Река начинается в горах и течёт к морю.' },
        'ko',
      ),
      'the answer is in Cyrillic letters',
    );
  });

  it('drops an instruction in another language', () => {
    assert.equal(reasonOf(language, { instruction: SPANISH }), 'the instruction is in "es"');
    assert.equal(reasonOf(language, { instruction: KOREAN }), 'the instruction is in Hangul letters');
  });

  it('keeps the run’s own', () => {
    assert.equal(reasonOf(language, { instruction: 'Where does the river go?', output: ENGLISH }), null);
    assert.equal(reasonOf(language, { instruction: '강은 어디로 흐릅니까?', output: KOREAN }, 'ko'), null);
  });

  it('keeps a task that is about another language', () => {
    assert.equal(
      reasonOf(language, { instruction: 'Translate the text.', input: ENGLISH, output: SPANISH }),
      null,
    );
    assert.equal(reasonOf(language, { instruction: 'Say it in Korean.', output: KOREAN }), null);
    assert.equal(reasonOf(language, { instruction: '영어로 옮기세요.', output: ENGLISH }, 'ko'), null);
  });

  it('keeps an answer in the language of what it works on', () => {
    const instruction = 'Put the commas where they belong.';
    assert.equal(reasonOf(language, { instruction, input: SPANISH, output: SPANISH }), null);
    assert.equal(
      reasonOf(language, { instruction: `Put the commas where they belong: ${KOREAN}`, output: KOREAN }),
      null,
    );
    assert.equal(
      reasonOf(language, { instruction: `What is the tone of this text: ${SPANISH}`, output: 'Calm.' }),
      null,
    );
  });

  it('keeps names, lists, short answers and code in any letters', () => {
    for (const output of [
      'Señor Gómez de la Vega',
      'apple, banana, cherry, damson, elderberry, fig, grape, hazelnut, iris, jasmine, kiwi, lemon',
      'Die = 6, Die + Die = 12, Die - Die = 0, Die x Die = 36, so Die x 2 = 12',
      'SELECT name FROM users WHERE age > 18 ORDER BY name DESC LIMIT 10',
      'Привет',
      'π ≈ 3.14159, Σ is a sum, and Δ a difference',
    ])
      assert.equal(reasonOf(language, { output }), null, output);
    assert.equal(
      reasonOf(
        language,
        {
          instruction: '표를 만드세요.',
          output: 'CREATE TABLE users (id INT, name TEXT, age INT, city TEXT, mail TEXT, phone TEXT);',
        },
        'ko',
      ),
      null,
    );
  });
});
