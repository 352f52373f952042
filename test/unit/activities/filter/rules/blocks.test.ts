import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fencedBlocks, proseOf } from '../../../../../activities/filter/rules/blocks.ts';

describe('fenced blocks', () => {
  it('are told apart from the prose around them, each with its language', () => {
    assert.deepEqual(fencedBlocks('a\n```JS title="x"\nb\n```\nc\n~~~\nd\n~~~'), {
      blocks: [
        { language: 'js', text: 'b', closed: true },
        { language: '', text: 'd', closed: true },
      ],
      prose: 'a\nc',
    });
  });

  it('end with as many marks of their kind as they began with, or with the text', () => {
    const { blocks } = fencedBlocks('````md\n```\n~~~\n````\n```py\nx');
    assert.deepEqual(blocks, [
      { language: 'md', text: '```\n~~~', closed: true },
      { language: 'py', text: 'x', closed: false },
    ]);
  });

  it('are left out of prose, and so is code within a line', () => {
    assert.equal(proseOf('Say `x` or\n```\ny\n```\nnothing.'), 'Say   or\nnothing.');
    assert.equal(proseOf('a ` b\nc ` d'), 'a ` b\nc ` d');
  });
});
