import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextStream } from '../../../../../workers/serve/answer/text-stream.ts';
import fc from '../../../../property.ts';

/** A tokenizer of single bytes: the hardest case, since most tokens are no whole character. */
const decodeBytes = (ids: readonly number[]) => Buffer.from(ids).toString('utf8');

async function piecesOf(
  text: string,
  stop: readonly string[] = [],
): Promise<{ pieces: string[]; stream: TextStream }> {
  const stream = new TextStream(decodeBytes, stop);
  const pieces: string[] = [];
  for (const byte of Buffer.from(text)) {
    if (stream.stopped) break;
    pieces.push(await stream.push(byte));
  }
  pieces.push(await stream.end());
  return { pieces, stream };
}

describe('text that streams', () => {
  it('shows a character once all its bytes are there', async () => {
    assert.deepEqual((await piecesOf('aé한')).pieces, ['a', '', 'é', '', '', '한', '']);
  });

  it('shows an unfinished character at the end as what it is: a replacement character', async () => {
    const stream = new TextStream(decodeBytes, []);
    assert.equal(await stream.push(0xc3), '');
    assert.equal(await stream.end(), '\uFFFD');
  });

  it('ends before a stop sequence, be it spread over tokens', async () => {
    const { pieces, stream } = await piecesOf('one\n### two', ['\n###']);
    assert.equal(pieces.join(''), 'one');
    assert.equal(stream.stopped, true);
  });

  it('shows what only began like a stop sequence', async () => {
    assert.deepEqual((await piecesOf('a##b', ['###'])).pieces, ['a', '', '', '##b', '']);
    assert.deepEqual((await piecesOf('a##', ['###'])).pieces, ['a', '', '', '##']);
  });

  it('ends before the stop sequence that is whole first, though another began before it', async () => {
    assert.deepEqual((await piecesOf('baab', ['baa', 'a'])).pieces, ['', 'b', '']);
    assert.deepEqual((await piecesOf('béa', ['béa', 'é'])).pieces, ['', '', 'b', '']);
  });

  it('says of how many tokens something is shown: of all once it has ended, of none behind a stop sequence', async () => {
    const shown: number[] = [];
    const stream = new TextStream(decodeBytes, ['##']);
    for (const byte of Buffer.from('aé#b')) {
      await stream.push(byte);
      shown.push(stream.tokensShown);
    }
    // The second byte of é shows both of its bytes, and b the # that could have begun a stop sequence.
    assert.deepEqual(shown, [1, 1, 3, 3, 5]);
    for (const byte of Buffer.from('##')) await stream.push(byte);
    await stream.end();
    assert.equal(stream.tokensShown, 5);
    const unfinished = new TextStream(decodeBytes, []);
    await unfinished.push(0xc3);
    assert.equal(unfinished.tokensShown, 0);
    await unfinished.end();
    assert.equal(unfinished.tokensShown, 1);
  });

  it('never shows more or less than the text before the stop sequence that is whole first', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '한', '🙂'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(letters, stops, async (text, stop) => {
        const prefixes = Array.from({ length: text.length + 1 }, (_, end) => text.slice(0, end));
        const stopped = prefixes.find((prefix) => stop.some((sequence) => prefix.endsWith(sequence))) ?? text;
        const places = stop.map((sequence) => stopped.indexOf(sequence)).filter((at) => at >= 0);
        assert.equal(
          (await piecesOf(text, stop)).pieces.join(''),
          text.slice(0, Math.min(text.length, ...places)),
        );
      }),
    );
  });
});
