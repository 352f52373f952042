import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readRows, toJsonLines } from '../../../../activities/artifacts/rows.ts';
import { recipeRow } from '../../../../workflows/contracts/data.ts';

const ROW = { instruction: 'Add the numbers.', input: '1 2', output: '3' };

describe('reading rows', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-rows-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const file = async (content: string): Promise<string> => {
    const path = join(folder, 'rows.jsonl');
    await writeFile(path, content);
    return path;
  };

  for (const [form, content] of [
    ['JSONL', toJsonLines([ROW, ROW])],
    [
      'JSONL with a byte order mark, Windows line ends and blank lines',
      `\uFEFF${JSON.stringify(ROW)}\r\n\r\n${JSON.stringify(ROW)}`,
    ],
    ['a JSON array', JSON.stringify([ROW, ROW], null, 4)],
    ['a JSON array with a byte order mark', `\uFEFF${JSON.stringify([ROW, ROW])}`],
    ['a JSON array after blanks', `\n  ${JSON.stringify([ROW, ROW])}`],
  ] as const) {
    it(`reads ${form}`, async () => {
      assert.deepEqual(await readRows(await file(content), recipeRow), [ROW, ROW]);
    });
  }

  it('names the line, the field and the reason of a bad row', async () => {
    const path = await file(toJsonLines([ROW, { instruction: 'x', input: '' }]));
    await assert.rejects(readRows(path, recipeRow), {
      code: 'InvalidInput',
      message: `${path}, line 2: output is missing: expected a text. Mend that row and start again; nothing was read from the file.`,
    });
  });

  it('names the line that is no JSON', async () => {
    const path = await file(`${JSON.stringify(ROW)}\n{"instruction": \n`);
    await assert.rejects(readRows(path, recipeRow), /line 2: no valid JSON/);
  });

  it('names the element of an array', async () => {
    const path = await file(JSON.stringify([ROW, 7]));
    await assert.rejects(readRows(path, recipeRow), /element 2: the row is 7: expected an object/);
  });

  it('names the line that is not UTF-8', async () => {
    const path = await file('');
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from(`${JSON.stringify(ROW)}\n`),
        Buffer.from('{"instruction":"caf\xe9"}', 'latin1'),
      ]),
    );
    await assert.rejects(readRows(path, recipeRow), /line 2: not valid UTF-8/);
  });

  it('calls the file what the user called it', async () => {
    await assert.rejects(
      readRows(await file('7'), recipeRow, 'my.jsonl'),
      /^AlpacaError: my\.jsonl, line 1: the row/,
    );
  });

  it('refuses a folder', async () => {
    await assert.rejects(readRows(folder, recipeRow), {
      code: 'InvalidInput',
      message: /is a folder; expected a file/,
    });
  });

  it('says when there is no such file', async () => {
    await assert.rejects(readRows(join(folder, 'none.jsonl'), recipeRow), { code: 'NotFound' });
  });
});
