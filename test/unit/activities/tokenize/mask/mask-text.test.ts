import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { prepareBaseModel } from '../../../../../activities/tokenize/base-model.ts';
import { maskText } from '../../../../../activities/tokenize/mask/mask-text.ts';

const TEXT = 'The cat sat on the mat. Then it slept in the red tree, and the dog ran.';

describe('plain text', async () => {
  const { tokenizer } = await prepareBaseModel(builtinPath('tiny-model', 'en'), 0);
  const whole = tokenizer.encode(TEXT + tokenizer.endOfText, { addSpecialTokens: true });
  const pieces = (maxLength: number, text = TEXT, specialTokensInRows: 'parse' | 'text' = 'parse') =>
    maskText(text, tokenizer, { maxLength, specialTokensInRows });

  it('is learnt by every token, from the one that begins a text to the one that ends it', () => {
    const [piece, ...others] = pieces(512);
    assert.deepEqual(others, []);
    assert.deepEqual([...(piece?.inputIds ?? [])], whole);
    assert.deepEqual([...(piece?.labels ?? [])], whole);
    assert.equal(piece?.inputIds.at(-1), tokenizer.endOfTextId);
  });

  it('that is too long becomes pieces, of which each token but the first is the target of one', () => {
    for (const maxLength of [8, 9, whole.length - 1, whole.length]) {
      const found = pieces(maxLength);
      assert.equal(found.length, Math.ceil((whole.length - 1) / (maxLength - 1)), `${maxLength}`);
      assert.ok(found.every(({ inputIds }) => inputIds.length >= 2 && inputIds.length <= maxLength));
      const targets = found.flatMap(({ labels }) => [...labels.slice(1)]);
      assert.deepEqual(targets, whole.slice(1));
    }
  });

  it('that spells a special token has its id, or is text like any other, and is counted once', () => {
    const spelling = `One ${tokenizer.endOfText} two. ${TEXT}`;
    const count = (how: 'parse' | 'text') =>
      pieces(16, spelling, how)
        .flatMap(({ labels }) => [...labels.slice(1)])
        .filter((id) => id === tokenizer.endOfTextId).length;
    assert.deepEqual([count('parse'), count('text')], [2, 1]);
    assert.deepEqual(
      pieces(16, spelling).map(({ spellsSpecialToken }) => spellsSpecialToken),
      [true, ...new Array(pieces(16, spelling).length - 1).fill(false)],
    );
  });
});
