import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shellWord } from '../../../../../workflows/decisions/screen/shell-word.ts';

describe('a word for a shell', () => {
  it('stands as it is where it is plain', () => {
    assert.equal(shellWord('alpaca-1/generate'), 'alpaca-1/generate');
  });

  it('is quoted where a shell would read more in it', () => {
    for (const [text, word] of [
      ['my run', "'my run'"],
      ['$(date); rm *', "'$(date); rm *'"],
      ["it's", "'it'\\''s'"],
      ['', "''"],
    ] as const)
      assert.equal(shellWord(text), word);
  });
});
