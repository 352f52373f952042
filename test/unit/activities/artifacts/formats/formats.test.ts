import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readDocument } from '../../../../../activities/artifacts/formats/document.ts';
import { readRows, toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { readSource } from '../../../../../activities/dedupe/instruction-source.ts';
import { recipeRow } from '../../../../../workflows/contracts/data.ts';

const ROWS = [
  { instruction: 'Add the numbers: ½ and 日.', input: '1 2', output: '3 😀' },
  { instruction: 'Say "{".', input: '', output: '[' },
];
const LINES = toJsonLines(ROWS);
const ARRAY = JSON.stringify(ROWS, null, 4);

const ARRAY_IN_OBJECT = JSON.stringify({ data: Array(1000).fill(ROWS[0]) }, null, 2);
const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();
const READ: Record<string, string | Buffer> = {
  'gzip of lines': gzipSync(LINES),
  'gzip of an array': gzipSync(ARRAY),
  'UTF-16 with a byte order mark, little end first': Buffer.from(`\ufeff${LINES}`, 'utf16le'),
  'UTF-16 with a byte order mark, big end first': swapped(`\ufeff${ARRAY}`),
  'UTF-16 without a mark': Buffer.from(LINES, 'utf16le'),
  'UTF-16 without a mark, big end first': swapped(ARRAY),
  'gzip of UTF-16': gzipSync(Buffer.from(`\ufeff${LINES}`, 'utf16le')),
  CSV: `instruction,input,output\r\nAdd the numbers: ½ and 日.,"1 2",3 😀\r\n"Say ""{"".",,[\r\n`,
  'TSV in UTF-16': Buffer.from(
    '\ufeff"output"\t"instruction"\t"input"\n3 😀\tAdd the numbers: ½ and 日.\t1 2\n[\t"Say ""{""."\t""',
    'utf16le',
  ),
  'an object around its rows': JSON.stringify({ version: '1.0', data: ROWS }),
  'the same over several lines, with a mark': `\ufeff${JSON.stringify({ rows: ROWS, license: 'x' }, null, 2)}\n`,
};

describe('rows as people have them', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-formats-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const file = async (content: string | Buffer): Promise<string> => {
    const path = join(folder, 'given');
    await writeFile(path, content);
    return path;
  };
  const dedupe = async (path: string) => {
    const rows = [];
    for await (const batch of readSource(path, { field: 'instruction' })) rows.push(...batch);
    return rows.map(({ json }) => JSON.parse(json));
  };

  for (const [form, content] of Object.entries(READ))
    it(`are read: ${form}`, async () => {
      const path = await file(content);
      assert.deepEqual(await readRows(path, recipeRow), ROWS);
      assert.deepEqual(await dedupe(path), ROWS);
    });

  it('are one row where the file is one object over several lines', async () => {
    const path = await file(JSON.stringify(ROWS[0], null, 2));
    assert.deepEqual(await readRows(path, recipeRow), [ROWS[0]]);
    assert.deepEqual(await dedupe(path), [ROWS[0]]);
    const bad = await file('{\n  "instruction": "a",\n  "output": 5\n}');
    await assert.rejects(readRows(bad, recipeRow, 'a.json'), {
      message: /^a\.json, the object: output is 5: expected a text\./,
    });
  });

  it('are refused where an object has them in more than one list, of which one would be left out', async () => {
    const [row] = ROWS;
    for (const lists of [
      { train: ROWS, test: [row] },
      { examples: [row], data: ROWS },
    ]) {
      const path = await file(JSON.stringify(lists));
      const message = /more than one list: "(train|examples)" \(\d\), "(test|data)" \(\d\)\./;
      await assert.rejects(readRows(path, recipeRow, 'a.json'), { message });
      await assert.rejects(dedupe(path), { message });
    }
    const described = await file(JSON.stringify({ tags: [{ name: 'x' }], data: ROWS, test: [] }));
    assert.deepEqual(await readRows(described, recipeRow), ROWS);
  });

  it('are named by their place in the list of an object', async () => {
    const path = await file(JSON.stringify({ data: [ROWS[0], { instruction: 'a' }] }));
    await assert.rejects(readRows(path, recipeRow, 'a.json'), {
      message: /^a\.json, element 2: output is missing: expected a text\./,
    });
  });

  it('stay lines where the first alone is broken, or is a row with a list of its own', async () => {
    const broken = await file(`{"instruction": \n${LINES}`);
    await assert.rejects(readRows(broken, recipeRow), /line 1: no valid JSON/);
    const withList = { ...ROWS[0], data: [1, 2] };
    assert.deepEqual(await readRows(await file(JSON.stringify(withList)), recipeRow), [ROWS[0]]);
    assert.equal((await dedupe(await file(`${JSON.stringify(withList)}\n${LINES}`))).length, 3);
  });

  it('are refused by the name of what the file is', async () => {
    for (const [content, what, remedy] of [
      [Buffer.from('ARROW1\0\0'), 'an Arrow file', /to_json/],
      [Buffer.from('PK\x03\x04rest'), 'a ZIP archive', /^Unpack it/],
      [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'packed with zstd', /^Unpack it/],
      [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'packed with xz', /^Unpack it/],
      [Buffer.from('BZh91AY'), 'packed with bzip2', /^Unpack it/],
      [gzipSync('PK\x03\x04rest'), 'a ZIP archive', /^Unpack it/],
    ] as const) {
      const path = await file(content);
      const refused = {
        code: 'InvalidInput',
        message: new RegExp(`^given\\.x is ${what}, and rows are read as JSON\\.`),
        remedy,
      };
      await assert.rejects(readRows(path, recipeRow, 'given.x'), refused);
      await assert.rejects(dedupe(path), { code: 'InvalidInput', remedy });
    }
  });

  it('are lines where only the first looks like the columns of a table', async () => {
    const lines = await file(`instruction, output\n${LINES}`);
    await assert.rejects(readRows(lines, recipeRow), /line 1: no valid JSON/);
  });

  it('are refused where one object has more bytes than are held, and lines are not, be the first broken', async () => {
    const documentOf = (text: string) => {
      const bytes = Buffer.from(text);
      return readDocument(Readable.from([bytes.subarray(0, 2000), bytes.subarray(2000)]), 'a.json', 1000);
    };
    for (const text of [ARRAY_IN_OBJECT, ARRAY_IN_OBJECT.replaceAll(/\n */g, '')])
      await assert.rejects(documentOf(text), {
        code: 'InvalidInput',
        message: /^a\.json is one JSON object of more than 1000 bytes\./,
        remedy: /one a line/,
      });
    assert.ok('lines' in (await documentOf(`{"instruction": \n${LINES.repeat(100)}`)));
    assert.ok('lines' in (await documentOf(LINES.repeat(100))));
  });

  it('are refused where gzip is broken off, packed twice, or unpacks to more than is read', async () => {
    const packed = gzipSync(LINES.repeat(1000));
    const refusals = [
      [packed.subarray(0, 100), /no gzip file that can be read: unexpected end of file/],
      [gzipSync(packed), /no gzip file that can be read: it is packed twice/],
      [packed, /has more than 10000 bytes once it is unpacked/],
    ] as const;
    for (const [content, message] of refusals)
      await assert.rejects(readRows(await file(content), recipeRow, 'given', { most: 10_000 }), {
        code: 'InvalidInput',
        message,
      });
  });

  it('are refused where UTF-16 is broken off, or has half of a surrogate pair', async () => {
    const whole = Buffer.from(`\ufeff${LINES}`, 'utf16le');
    const half = Buffer.from('\ufeff{"instruction":"\ud83d","output":""}', 'utf16le');
    for (const content of [whole.subarray(0, -1), half])
      await assert.rejects(readRows(await file(content), recipeRow), {
        code: 'InvalidInput',
        message: /is no valid UTF-16/,
      });
  });
});
