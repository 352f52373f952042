import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { importRows } from '../../../../activities/generate/import-rows.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { temporaryStore } from './generation-fixture.ts';

describe('bringing in rows that exist', () => {
  it('keeps each row’s text as it is, and drops what is beyond the format', async () => {
    const imported = await importText(
      'alpaca_data.json',
      '[{"instruction": " Odd\\tspace ", "input": "", "output": "", "avg_similarity_score": 0.1},\n {"output": "b", "input": "<noinput>", "instruction": "x"}]',
    );
    assert.equal(
      imported.text,
      '{"instruction":" Odd\\tspace ","input":"","output":""}\n{"instruction":"x","input":"<noinput>","output":"b"}\n',
    );
    assert.equal(imported.rows, 2);
  });

  it('gives equal rows one digest, as an array or as lines', async () => {
    const row = '{"instruction": "a", "input": "b", "output": "c"}';
    const array = await importText('rows.json', `[${row}, ${row}]`);
    const lines = await importText('rows.jsonl', `${row}\n\n${row}\n`);
    assert.equal(array.sha256, lines.sha256);
  });

  for (const [name, text, says] of [
    [
      'rows.json',
      '[{"instruction": "a", "input": "", "output": ""}, {"instruction": "", "input": "", "output": ""}]',
      /element 2: instruction/,
    ],
    [
      'rows.jsonl',
      '{"instruction": "a", "input": "", "output": ""}\n{"instruction": "b", "input": ""}\n',
      /line 2: output/,
    ],
    [
      'rows.jsonl',
      '{"instruction": "a", "output": "b"}\n{"instruction": "a", "output": "b\\u0000"}\n',
      /rows\.jsonl, line 2: output is "b\\u0000": a NUL character, which is no text\. .*--skip-bad-rows/,
    ],
    ['rows.json', '[]', /has no rows/],
    ['rows.jsonl', '{"instruction": \n', /line 1: no valid JSON/],
  ] as const) {
    it(`refuses ${text}`, async () => {
      await assert.rejects(importText(name, text), {
        code: 'InvalidInput',
        message: says,
      });
    });
  }

  it('names a bad row by the path that the user gave', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const path = join(temporary.folder, 'rows.jsonl');
    await writeFile(path, '{}\n');
    await assert.rejects(importRows(path, temporary.store, unwatched), (error: Error) =>
      error.message.startsWith(`${path}, line 1: instruction is missing: expected a text.`),
    );
  });

  it('takes the seed tasks as rows where the source is `builtin`', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const reference = await importRows('builtin', temporary.store, unwatched);
    assert.equal(reference.rows, 175);
  });
});

async function importText(name: string, text: string) {
  const temporary = await temporaryStore();
  try {
    const path = join(temporary.folder, name);
    await writeFile(path, text);
    const reference = await importRows(path, temporary.store, unwatched);
    return { ...reference, text: await readFile(await temporary.store.open(reference), 'utf8') };
  } finally {
    await temporary[Symbol.asyncDispose]();
  }
}
