import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokenizeNotes } from '../../../../../workflows/decisions/screen/tokenize-notes.ts';

describe('what is said of a tokenizing beside its counts', () => {
  it('is nothing where no conversation was rewritten and every token is one', () => {
    assert.equal(tokenizeNotes({ rewrittenTurns: 0, piecesOfTemplate: [] }, 'divide'), '');
  });

  it('is how many conversations were rewritten, and what became of them where that is known', () => {
    const said = (how: Parameters<typeof tokenizeNotes>[1]) =>
      tokenizeNotes({ rewrittenTurns: 2, piecesOfTemplate: [] }, how);
    const many = '; 2 conversations whose earlier turns the chat template drops or rewrites';
    assert.equal(said(null), many);
    assert.equal(said('divide'), `${many}, each of their answers in a row of its own`);
    assert.equal(said('as-rendered'), `${many}, learnt as they stand`);
  });

  it('is what the template writes that is no token', () => {
    assert.equal(
      tokenizeNotes({ rewrittenTurns: 0, piecesOfTemplate: ['<|user|>', '[INST]'] }, null),
      '; the tokenizer has no token for the chat template’s <|user|>, [INST]: learnt as text',
    );
  });
});
