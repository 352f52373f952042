import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { visibleJson, visibleText } from '../../../../../workflows/decisions/screen/visible-text.ts';

describe('text to be shown', () => {
  it('has controls, and what reorders text, as code points', () => {
    assert.equal(
      visibleText('\u001B[2J\u001B]0;title\u0007 a\rb \u009B31m left \u202Eright\u0000\u007F'),
      '[U+001B][2J[U+001B]]0;title[U+0007] a[U+000D]b [U+009B]31m left [U+202E]right[U+0000][U+007F]',
    );
  });

  it('keeps its lines, its tabs and its letters', () => {
    assert.equal(visibleText('one\r\n\ttwo\n가 é 🙂'), 'one\n\ttwo\n가 é 🙂');
  });

  it('is the same value as JSON, without a control', () => {
    const value = { text: '\u001B[2J\u009B31m\u007F 가' };
    const shown = visibleJson(value);
    assert.equal(shown, '{"text":"\\u001b[2J\\u009b31m\\u007f 가"}');
    assert.deepEqual(JSON.parse(shown), value);
  });
});
