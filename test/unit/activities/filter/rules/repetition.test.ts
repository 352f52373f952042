import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repetition } from '../../../../../activities/filter/rules/repetition.ts';
import { reasonOf } from './rows.ts';

const reason = 'it says the same 4 times in a row';

describe('the rule repetition', () => {
  it('drops an answer that says a line or a sentence again and again', () => {
    assert.equal(reasonOf(repetition, { output: `Yes.\n${'The sea is blue today\n'.repeat(4)}` }), reason);
    assert.equal(reasonOf(repetition, { output: 'The sea is blue today. '.repeat(6) }), reason);
    assert.equal(reasonOf(repetition, { output: '오늘은 바다가 참 푸릅니다. '.repeat(4) }, 'ko'), reason);
  });

  it('keeps a refrain, and lines that come again apart from one another', () => {
    assert.equal(reasonOf(repetition, { output: 'The sea is blue today\n'.repeat(3) }), null);
    assert.equal(
      reasonOf(repetition, { output: 'The sea is blue today\nThe sky is grey\n'.repeat(8) }),
      null,
    );
  });

  it('keeps short lines, tables, rules and code', () => {
    for (const output of [
      'No.\n'.repeat(9),
      '|---|---|---|---|\n'.repeat(5),
      '----------------\n'.repeat(5),
      `\`\`\`\n${'print("a long line")\n'.repeat(5)}\`\`\``,
    ])
      assert.equal(reasonOf(repetition, { output }), null, output);
  });

  it('keeps what was to be repeated', () => {
    const output = 'I will not talk in class.\n'.repeat(10);
    assert.equal(
      reasonOf(repetition, { instruction: 'Write "I will not talk in class." ten times.', output }),
      null,
    );
    assert.equal(reasonOf(repetition, { instruction: 'Write a song for a march.', output }), null);
  });
});
