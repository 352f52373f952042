import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readResultLines } from '../../../../../activities/generate/batch/result-lines.ts';
import { hideSecret } from '../../../../../activities/secrets.ts';
import { growthOf } from '../../teacher/hostile-endpoint.ts';

/** What is read of a text that comes in chunks of so many bytes. */
async function read(text: string, mostBytes: number, chunkBytes: number): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  return allOf(readResultLines(ReadableStream.from(chunks), mostBytes));
}

async function allOf(lines: AsyncIterable<unknown>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

describe('the lines of a file of results', () => {
  const text = `{"a":1}\n\n"${'x'.repeat(20)}"\n{"b":2}\nno JSON\n{"c":3}`;
  for (const chunkBytes of [1, 3, 7, 16, 1000])
    it(`are read, and null where one is too long or no JSON, in chunks of ${chunkBytes}`, async () => {
      assert.deepEqual(await read(text, 16, chunkBytes), [{ a: 1 }, null, { b: 2 }, null, { c: 3 }]);
    });

  it('are no more than a job can have', async () => {
    assert.equal((await read('1\n'.repeat(60_000), 16, 65_536)).length, 50_000);
  });

  it('have no key in them, however it is escaped', async () => {
    hideSecret('sk-canary-0123456789');
    const line = '{"custom_id":"k","error":{"message":"\\u0073k-canary-0123456789"}}';
    assert.deepEqual(await read(line, 1000, 1000), [{ custom_id: 'k', error: { message: '[key]' } }]);
  });

  it('keep half of a surrogate pair, for whoever makes rows of an answer to drop and count', async () => {
    assert.deepEqual(await read('{"text":"a\\ud83d"}', 1000, 1000), [{ text: 'a\ud83d' }]);
  });

  it('fill no memory, were one of them without an end', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.alloc(65_536, 'x');
      for (let count = 0; count < 8192; count += 1) yield chunk;
    }
    const grown = await growthOf(() => allOf(readResultLines(endless(), 1000)));
    assert.ok(grown < 100, `${grown} MiB`);
  });
});
