import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { separatorOf, tableAsLines } from '../../../../../activities/artifacts/formats/table.ts';

async function rowsOf(text: string | Buffer, size = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: string[] = [];
  const separator = separatorOf(bytes.subarray(0, 4096));
  assert.ok(separator !== null);
  for await (const line of tableAsLines(chunks(), separator, 'a.csv')) lines.push(line.toString());
  return lines
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const QUOTED = 'instruction,output\n"Say ""a, b""\nand\r\nc",x\n\n"é",\r\n"",last';

describe('a table of rows', () => {
  it('has cells in quotation marks with commas, line breaks and quotation marks inside', async () => {
    assert.deepEqual(await rowsOf(QUOTED), [
      { instruction: 'Say "a, b"\nand\r\nc', output: 'x' },
      { instruction: 'é', output: '' },
      { instruction: '', output: 'last' },
    ]);
  });

  it('is the same whatever pieces it comes in', async () => {
    const whole = await rowsOf(QUOTED);
    for (let size = 1; size < 12; size += 1) assert.deepEqual(await rowsOf(QUOTED, size), whole);
  });

  it('has messages as JSON in one cell, be it the only column', async () => {
    assert.deepEqual(await rowsOf('messages\n"[{""role"":""user""}]"\n"[{\'role\': 1}]"\n'), [
      { messages: [{ role: 'user' }] },
      { messages: "[{'role': 1}]" },
    ]);
  });

  for (const [what, text, message] of [
    ['with too few cells', 'a,b\n1,2\n3\n', 'a.csv, row 2: it has 1 cells, and there are 2 columns.'],
    ['with a quotation that does not end', 'a,b\n1,"2\n', 'a.csv, row 1: a quotation does not end.'],
    [
      'with text behind a quotation',
      'a,b\n1,"2"3\n',
      'a.csv, row 1: text stands behind a cell in quotation marks.',
    ],
    [
      'of no UTF-8',
      Buffer.from([...Buffer.from('a,b\n1,2\n'), 0xe9, 0x2c, 0x31, 0x0a]),
      'a.csv is no valid UTF-8.',
    ],
  ] as const)
    it(`is refused by its row ${what}`, async () => {
      await assert.rejects(rowsOf(text), { code: 'InvalidInput', message: new RegExp(`^${message}`) });
    });

  it('is none where a line is a row of JSON, or the first is no row of names', () => {
    assert.equal(separatorOf(Buffer.from('instruction, output\n{"instruction": "a"}\n')), null);
    assert.equal(separatorOf(Buffer.from('A sentence. And: more\n')), null);
    assert.equal(separatorOf(Buffer.from('question\tanswer\n')), '\t');
  });
});
