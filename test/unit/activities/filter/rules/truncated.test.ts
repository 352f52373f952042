import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { truncated } from '../../../../../activities/filter/rules/truncated.ts';
import { reasonOf } from './rows.ts';

const LONG =
  'The river rises in the hills, passes three towns and a mill, and after forty miles it comes to a lake, and from there it';
const reason = (output: string) => reasonOf(truncated, { output });

describe('the rule truncated', () => {
  it('drops an answer that stops in the middle', () => {
    assert.equal(reason('Run this:\n\n```python\nx = 1\n'), 'a block of code without an end');
    assert.equal(reason(`${LONG} flows into the`), 'it ends with "the"');
    assert.equal(reason(`${LONG} runs to the sea,`), 'it ends with a comma');
    assert.equal(
      reason('Here are five ways to sleep better at night:'),
      'it ends where it announces something',
    );
  });

  it('drops an answer that is none', () => {
    for (const output of ['', ' \n']) assert.equal(reason(output), 'there is no answer');
  });

  it('drops it in Korean', () => {
    const output = `${'강은 언덕에서 시작해 세 마을을 지나 호수로 흘러 들어갑니다. '.repeat(3)}그리고`;
    assert.equal(reasonOf(truncated, { output }, 'ko'), 'it ends with "그리고"');
  });

  it('keeps answers that end without a full stop', () => {
    for (const output of [
      'Paris',
      '- bread\n- milk\n- eggs',
      `${LONG} is called the Elm`,
      'https://example.com/a',
      'and',
      'The word that joins them is the',
      `${LONG} contains vitamin A`,
      'A haiku of spring,',
      '```\nx = 1\n```',
    ])
      assert.equal(reason(output), null, output);
  });

  it('keeps a letter that ends with its greeting, and a line of code that ends with a colon', () => {
    assert.equal(reason(`Dear Ms Lee,\n\n${LONG} runs dry.\n\nKind regards,`), null);
    assert.equal(reason('for name, value in sorted(values.items(), key=first) if value:'), null);
  });

  it('keeps a block inside a longer fence, and one whose end is indented', () => {
    assert.equal(reason('````markdown\n```js\nx\n```\n````'), null);
    assert.equal(reason('1. Run:\n\n   ```js\n   x\n       ```\n'), null);
  });
});
