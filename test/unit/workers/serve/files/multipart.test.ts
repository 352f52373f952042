import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boundaryIn, fieldText, readForm } from '../../../../../workers/serve/files/multipart.ts';

/** The bytes in chunks of one length: a boundary may be anywhere in them. */
async function* chunks(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function partsOf(text: string, length: number): Promise<[string, string | null, string][]> {
  const found: [string, string | null, string][] = [];
  for await (const part of readForm(chunks(text, length), 'b-1'))
    found.push([part.name, part.filename, await fieldText(part)]);
  return found;
}

const FORM = [
  'passed over\r\n--b-1\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n',
  '--b-1\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name="file"; filename="a%22b.jsonl"\r\n\r\n',
  '{"é": "\r\n--b-"}\r\n\r\n--b-1--\r\nbehind',
].join('');

describe('a form', () => {
  it('has its parts whole, wherever its chunks are cut', async () => {
    for (const length of [1, 2, 3, 7, 64, 1000])
      assert.deepEqual(await partsOf(FORM, length), [
        ['purpose', null, 'fine-tune'],
        ['file', 'a"b.jsonl', '{"é": "\r\n--b-"}\r\n'],
      ]);
  });

  it('is read on where nobody wanted a part', async () => {
    const names: string[] = [];
    for await (const { name } of readForm(chunks(FORM, 5), 'b-1')) names.push(name);
    assert.deepEqual(names, ['purpose', 'file']);
  });

  it('may be empty', async () => {
    assert.deepEqual(await partsOf('--b-1--\r\n', 3), []);
  });

  it('names its boundary', () => {
    assert.equal(boundaryIn('multipart/form-data; boundary="a b"'), 'a b');
    assert.equal(boundaryIn('multipart/form-data; boundary=b-1; charset=utf-8'), 'b-1');
    assert.throws(() => boundaryIn('multipart/form-data'), /names no boundary/);
  });

  const BAD: [text: string, why: RegExp][] = [
    ['', /ends too early/],
    ['--b-1\r\n', /ends too early/],
    ['--b-1x\r\n', /followed by something else/],
    ['--b-1\r\nX: y\r\n\r\nz\r\n--b-1--', /has no name/],
    [`--b-1\r\n${'X'.repeat(20_000)}\r\n\r\nz\r\n--b-1--`, /long head/],
    [`--b-1\r\nContent-Disposition: form-data; name="n"\r\n\r\n${'x'.repeat(5000)}\r\n--b-1--`, /is long/],
    [
      `${'--b-1\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n'.repeat(40)}--b-1--`,
      /than 32 parts/,
    ],
  ];
  for (const [text, why] of BAD)
    it(`that is wrong is refused: ${why.source}`, async () => {
      await assert.rejects(partsOf(text, 100), why);
    });
});
