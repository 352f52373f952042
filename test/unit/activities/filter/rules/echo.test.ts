import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { echo } from '../../../../../activities/filter/rules/echo.ts';
import { reasonOf } from './rows.ts';

const instruction = 'Name three rivers of Europe.';

describe('the rule echo', () => {
  it('drops an answer that is the instruction, but for case and punctuation', () => {
    assert.equal(
      reasonOf(echo, { instruction, output: 'name three rivers of Europe' }),
      'the answer is the instruction',
    );
    assert.notEqual(
      reasonOf(
        echo,
        { instruction: '유럽의 강 세 개를 말하세요.', output: '유럽의 강 세 개를 말하세요.' },
        'ko',
      ),
      null,
    );
  });

  it('drops an answer that begins with all of the instruction', () => {
    const reason = 'the answer begins with the instruction';
    assert.equal(
      reasonOf(echo, { instruction, output: `${instruction} The Rhine, the Danube and the Elbe.` }),
      reason,
    );
    assert.equal(
      reasonOf(echo, {
        instruction: 'Rivers of Europe, three names',
        output: 'Rivers of Europe, three names\nRhine, Elbe, Oder',
      }),
      reason,
    );
  });

  it('keeps an answer that takes up a part of the question', () => {
    assert.equal(
      reasonOf(echo, {
        instruction,
        output: 'Three rivers of Europe are the Rhine, the Danube and the Elbe.',
      }),
      null,
    );
    assert.equal(
      reasonOf(echo, {
        instruction: 'What is the capital of France?',
        output: 'The capital of France is Paris.',
      }),
      null,
    );
  });

  it('keeps a text that is continued', () => {
    const begun = 'My favourite season is autumn because';
    assert.equal(reasonOf(echo, { instruction: begun, output: `${begun} the leaves turn red.` }), null);
  });

  it('keeps a text that was right already, and very short instructions', () => {
    assert.equal(
      reasonOf(echo, {
        instruction: 'Correct the sentence.',
        input: 'He goes home.',
        output: 'He goes home.',
      }),
      null,
    );
    assert.equal(reasonOf(echo, { instruction: 'Say "hello there".', output: 'Say "hello there"!' }), null);
  });
});
