import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TextStream } from '../../../../workers/serve/text-stream.ts';

/** A tokenizer of single bytes: the hardest case, since most tokens are no whole character. */
const decodeBytes = (ids: readonly number[]) => Buffer.from(ids).toString('utf8');

function piecesOf(text: string, stop: readonly string[] = []): { pieces: string[]; stream: TextStream } {
  const stream = new TextStream(decodeBytes, stop);
  const pieces: string[] = [];
  for (const byte of Buffer.from(text)) {
    if (stream.stopped) break;
    pieces.push(stream.push(byte));
  }
  pieces.push(stream.end());
  return { pieces, stream };
}

describe('text that streams', () => {
  it('shows a character once all its bytes are there', () => {
    assert.deepEqual(piecesOf('aé한').pieces, ['a', '', 'é', '', '', '한', '']);
  });

  it('shows an unfinished character at the end as what it is: a replacement character', () => {
    const stream = new TextStream(decodeBytes, []);
    assert.equal(stream.push(0xc3), '');
    assert.equal(stream.end(), '\uFFFD');
  });

  it('ends before a stop sequence, be it spread over tokens', () => {
    const { pieces, stream } = piecesOf('one\n### two', ['\n###']);
    assert.equal(pieces.join(''), 'one');
    assert.equal(stream.stopped, true);
  });

  it('shows what only began like a stop sequence', () => {
    assert.deepEqual(piecesOf('a##b', ['###']).pieces, ['a', '', '', '##b', '']);
    assert.deepEqual(piecesOf('a##', ['###']).pieces, ['a', '', '', '##']);
  });

  it('never shows more or less than the text before the first stop sequence', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '한', '🙂'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(letters, stops, (text, stop) => {
        const expected = Math.min(text.length, ...stop.map((s) => text.indexOf(s)).filter((at) => at >= 0));
        assert.equal(piecesOf(text, stop).pieces.join(''), text.slice(0, expected));
      }),
    );
  });
});
