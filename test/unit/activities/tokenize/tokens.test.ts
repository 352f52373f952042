import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { readTokens } from '../../../../activities/tokenize/tokens.ts';
import { writeTokens } from './write-tokens.ts';

const ROWS = [
  { row: 3, inputIds: Int32Array.of(1, 70_000, 2), labels: Int32Array.of(-100, 70_000, 2) },
  { row: 0, inputIds: Int32Array.of(), labels: Int32Array.of() },
  { row: 9, inputIds: Int32Array.of(7), labels: Int32Array.of(-100) },
];

describe('tokens as Parquet', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('come back as they were written', async () => {
    const path = join(folder, 'tokens.parquet');
    await writeTokens(path, ROWS);
    assert.deepEqual(await readTokens(path), ROWS);
  });

  it('may be no rows at all', async () => {
    const path = join(folder, 'none.parquet');
    await writeTokens(path, []);
    assert.deepEqual(await readTokens(path), []);
  });

  it('have the columns that other tools are promised', async () => {
    const path = join(folder, 'columns.parquet');
    await writeTokens(path, ROWS);
    const { buffer } = await readFile(path).then((bytes) => Uint8Array.from(bytes));
    const columns = parquetSchema(parquetMetadata(buffer)).children.map(({ element, children }) => [
      element.name,
      element.type ?? element.converted_type,
      children[0]?.children[0]?.element.type,
    ]);
    assert.deepEqual(columns, [
      ['row', 'INT32', undefined],
      ['input_ids', 'LIST', 'INT32'],
      ['labels', 'LIST', 'INT32'],
    ]);
  });

  it('are the same bytes for the same rows, and leave no temporary file', async () => {
    const other = await mkdtemp(join(folder, 'twice-'));
    await writeTokens(join(other, 'a'), ROWS);
    await writeTokens(join(other, 'b'), ROWS);
    assert.deepEqual(await readFile(join(other, 'a')), await readFile(join(other, 'b')));
    assert.deepEqual((await readdir(other)).sort(), ['a', 'b']);
  });

  it('are refused where a few bytes stand for more values than there is memory or time for', async () => {
    const path = join(folder, 'bomb.parquet');
    const values = new Int32Array(5_000_000);
    parquetWriteFile({ filename: path, columnData: [{ name: 'row', data: values, type: 'INT32' }] });
    await assert.rejects(readTokens(path, { heapMegabytes: 48 }), {
      code: 'InvalidInput',
      message: /bomb\.parquet holds no tokens that can be read: it took more than 48 megabytes of memory\./,
    });
    await assert.rejects(readTokens(path, { withinMs: 1 }), {
      code: 'InvalidInput',
      message: /it took longer than 0\.001 seconds\./,
    });
  });

  it('are refused where ids and labels differ in number', async () => {
    const path = join(folder, 'uneven.parquet');
    await writeTokens(path, [{ row: 0, inputIds: Int32Array.of(1, 2), labels: Int32Array.of(1) }]);
    await assert.rejects(readTokens(path), /uneven\.parquet holds .*: row 0 has 2 ids and 1 labels\./);
  });

  it('are refused where a column is missing, or the file is something else', async () => {
    const path = join(folder, 'other.parquet');
    parquetWriteFile({ filename: path, columnData: [{ name: 'row', data: [1], type: 'INT32' }] });
    await assert.rejects(readTokens(path), { code: 'InvalidInput', message: /row 0, input_ids: / });
    await writeFile(path, 'instruction,input,output\n');
    await assert.rejects(readTokens(path), { code: 'InvalidInput', message: /other\.parquet/ });
  });
});
