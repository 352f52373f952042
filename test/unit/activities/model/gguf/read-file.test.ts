import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readGgufHead, readRowsOf } from '../../../../../activities/model/gguf/read-file.ts';
import { writeGguf } from '../../../../../activities/model/gguf/write-file.ts';

describe('a GGUF file', () => {
  let root: string;
  let path: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-gguf-'));
    path = join(root, 'two.gguf');
    const tensor = (name: string, value: number) => ({
      ...{ name, shape: [2, 3], format: 'F32' as const },
      async *pieces() {
        yield new Uint8Array(Float32Array.from([value, 1, 2, 3, 4, 5]).buffer);
      },
    });
    await writeGguf(
      path,
      new Map([
        ['a.text', { type: 'string', value: 'Öl' }],
        ['a.number', { type: 'uint32', value: 7 }],
        ['a.flag', { type: 'bool', value: true }],
        ['a.list', { type: 'strings', values: ['x', ''] }],
        ['a.kinds', { type: 'int32s', values: [-1, 3] }],
        ['a.scores', { type: 'float32s', values: [0.5] }],
      ]),
      [tensor('one', -1), tensor('two', -2)],
    );
  });
  after(() => rm(root, { recursive: true, force: true }));

  const changed = async (change: (bytes: Buffer) => Buffer) => {
    const other = join(root, 'changed.gguf');
    await writeFile(other, change(await readFile(path)));
    return readGgufHead(other);
  };

  it('is read as it was written, each tensor from a multiple of 32 on', async () => {
    const { metadata, tensors } = await readGgufHead(path);
    assert.deepEqual(
      [...metadata],
      [
        ['a.text', 'Öl'],
        ['a.number', 7],
        ['a.flag', true],
        ['a.list', ['x', '']],
        ['a.kinds', [-1, 3]],
        ['a.scores', [0.5]],
      ],
    );
    assert.deepEqual(
      tensors.map(({ name, shape, bytes, offset }) => ({ name, shape, bytes, rest: offset % 32 })),
      [
        { name: 'one', shape: [2, 3], bytes: 24, rest: 0 },
        { name: 'two', shape: [2, 3], bytes: 24, rest: 0 },
      ],
    );
    const [, two] = tensors;
    assert.ok(two);
    const rows: number[][] = [];
    for await (const row of readRowsOf(path, two, 1)) rows.push([...row]);
    assert.deepEqual(rows, [
      [-2, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('that is cut short is refused, in its header and in a tensor', async () => {
    await assert.rejects(
      changed((bytes) => bytes.subarray(0, 100)),
      {
        code: 'InvalidInput',
        message: /changed\.gguf is cut short: it has 100 bytes, and its header alone needs more/,
      },
    );
    await assert.rejects(
      changed((bytes) => bytes.subarray(0, bytes.length - 12)),
      {
        message: /is cut short: it has \d+ bytes, and two ends at \d+/,
      },
    );
  });

  it('of another kind, version or format is refused by name', async () => {
    await assert.rejects(
      changed((bytes) => Buffer.concat([Buffer.from('GGML'), bytes.subarray(4)])),
      {
        message: /is no GGUF file that can be used: it does not begin with GGUF/,
      },
    );
    const withByte = (at: (bytes: Buffer) => number, value: number) =>
      changed((bytes) => {
        bytes.writeUInt8(value, at(bytes));
        return bytes;
      });
    await assert.rejects(
      withByte(() => 4, 1),
      { message: /it is of version 1; those of version 2 and 3/ },
    );
    // Behind the name, its number of dimensions and its shape.
    const formatOfTwo = (bytes: Buffer) => bytes.indexOf('two') + 3 + 4 + 16;
    await assert.rejects(withByte(formatOfTwo, 12), {
      message: /two is in Q4_K; read are F32, F16, BF16, Q4_0, Q4_1, Q8_0/,
      remedy: /llama-quantize --allow-requantize/,
    });
  });

  it('that names more than any model has is refused before it is given memory', async () => {
    await assert.rejects(
      changed((bytes) => {
        bytes.writeBigUInt64LE(2n ** 60n, 8);
        return bytes;
      }),
      { message: /it names a size of 1152921504606846976; at most 100000 is read/ },
    );
  });
});
