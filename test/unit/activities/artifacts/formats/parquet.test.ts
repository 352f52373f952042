import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parquetAsLines } from '../../../../../activities/artifacts/formats/parquet.ts';
import { readRowTexts } from '../../../../../activities/artifacts/lines.ts';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { recipeRow } from '../../../../../workflows/contracts/data.ts';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../fixtures/rows/${name}.parquet`, import.meta.url));

async function textOf(bytes: Uint8Array, limits = {}): Promise<string> {
  let text = '';
  for await (const chunk of parquetAsLines(oneChunk(bytes), 'a.parquet', limits))
    text += Buffer.from(chunk).toString();
  return text;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('rows of a Parquet file', () => {
  it('are read as pandas writes them, an input that is null as the empty one', async () => {
    assert.deepEqual(await readRows(fixture('pandas'), recipeRow), [
      { instruction: 'Add the numbers: ½ and 日.', input: '1 2', output: '3 😀' },
      { instruction: 'Name a river.', input: '', output: 'The Rhine' },
      { instruction: 'Sort it.', input: '', output: 'Done' },
    ]);
  });

  it('keep their other columns, a whole number as a number, and their order over the groups', async () => {
    const lines = (await textOf(await readFile(fixture('pandas')))).split('\n');
    assert.equal(lines[1], '{"instruction":"Name a river.","input":null,"output":"The Rhine","tokens":4}');
    assert.deepEqual(
      lines.slice(0, 3).map((line) => JSON.parse(line).tokens),
      [5, 4, 3],
    );
  });

  it('are read to the last where a group between them has none', async () => {
    const outputs = (await readRows(fixture('empty-group'), recipeRow)).map(({ output }) => output);
    assert.deepEqual(outputs, ['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('are named by their number, also where the file is gzipped', async () => {
    const found = [];
    for await (const rows of readRowTexts(oneChunk(gzipSync(await readFile(fixture('pandas')))), 'a'))
      found.push(...rows.map(({ where }) => where));
    assert.deepEqual(found, ['row 1', 'row 2', 'row 3']);
  });

  it('are refused by their number where their text is no UTF-8, and not for a column of pictures', async () => {
    const written = Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: 'instruction', data: ['Name a river.', 'Name a QQQQ.'], type: 'STRING' },
          { name: 'output', data: ['The Rhine', 'A hill'], type: 'STRING' },
          { name: 'picture', data: [Uint8Array.of(0xff, 0xd8), Uint8Array.of(0xff)], type: 'BYTE_ARRAY' },
        ],
      }),
    );
    const rowsOf = async (file: Buffer) => {
      const rows = [];
      for await (const batch of readRowTexts(oneChunk(file), 'a')) rows.push(...batch);
      return rows.map(({ where, text }) => [where, text === null ? null : JSON.parse(text).output]);
    };
    assert.deepEqual(await rowsOf(written), [
      ['row 1', 'The Rhine'],
      ['row 2', 'A hill'],
    ]);
    for (let at = written.indexOf('QQQQ'); at !== -1; at = written.indexOf('QQQQ'))
      written.fill(0xff, at, at + 4);
    assert.deepEqual(await rowsOf(written), [
      ['row 1', 'The Rhine'],
      ['row 2', null],
    ]);
  });

  it('are refused where the file is broken or packed otherwise, with what to do', async () => {
    const whole = await readFile(fixture('pandas'));
    for (const [bytes, message] of [
      [whole.subarray(0, 100), /^a\.parquet is a Parquet file that cannot be read: /],
      [Buffer.from('PAR1'), /^a\.parquet is a Parquet file that cannot be read: /],
      [await readFile(fixture('zstd')), /cannot be read: .*ZSTD/],
    ] as const)
      await assert.rejects(textOf(bytes), {
        code: 'InvalidInput',
        message,
        remedy: /read_parquet.*to_json/,
      });
  });

  it('are refused beyond bounds of bytes, memory and time', async () => {
    const whole = await readFile(fixture('pandas'));
    await assert.rejects(textOf(whole, { most: 100 }), { message: /it has more than 100 bytes/ });
    await assert.rejects(textOf(whole, { withinMs: 0 }), { message: /a group took longer than 0 seconds/ });
    // A dictionary of one text on the disk, and so many rows of it in one group.
    const many = new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: 'output', data: Array(3e6).fill('x'), type: 'STRING' }],
        rowGroupSize: 3e6,
      }),
    );
    assert.ok(many.length < 1e6);
    await assert.rejects(textOf(many, { heapMegabytes: 32 }), {
      message: /more than 32 megabytes of memory/,
    });
  });
});
