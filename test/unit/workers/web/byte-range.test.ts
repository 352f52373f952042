import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rangeIn } from '../../../../workers/web/byte-range.ts';

describe('a range of a file of 10 bytes', () => {
  for (const [header, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=2-5', 2, 5],
    ['bytes=8-', 8, 9],
    ['bytes=8-99', 8, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-99', 0, 9],
  ] as const)
    it(`${header} is from ${start} to ${end}`, () => {
      assert.deepEqual(rangeIn(header, 10), { start, end });
    });

  it('is the whole where it is none, several, or of something else', () => {
    for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=0-1,3-4', 'rows=0-1', 'bytes=5-2', 'x'])
      assert.equal(rangeIn(header, 10), null);
  });

  it('is refused where the file has none of it', () => {
    for (const header of ['bytes=10-', 'bytes=99-100', 'bytes=-0'])
      assert.throws(() => rangeIn(header, 10), { statusCode: 416 });
    assert.throws(() => rangeIn('bytes=0-', 0), { statusCode: 416 });
  });
});
