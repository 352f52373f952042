import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readRows, toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { requireKnownEnding } from '../../../../../workers/command/outputs.ts';
import { copyRowsOut } from '../../../../../workers/command/steps/rows-out.ts';
import { dataRowOrSeedTask } from '../../../../../workflows/contracts/data.ts';
import { temporaryStore } from '../../../activities/generate/generation-fixture.ts';

const PLAIN = { instruction: 'Name a river.', input: '', output: 'The "Mekong", in Asia' };
const LINES = { instruction: 'Repeat.', input: ' a,b\nc ', output: '{"a": 1}\r\n' };
const CHAT = {
  ...{ instruction: 'Hello.', input: '', output: 'Hi.' },
  messages: [
    { role: 'user' as const, content: 'Hello.' },
    { role: 'assistant' as const, content: 'Hi.' },
  ],
};

describe('rows as a command writes them', () => {
  let opened: Awaited<ReturnType<typeof temporaryStore>>;
  before(async () => {
    opened = await temporaryStore();
  });
  after(() => opened[Symbol.asyncDispose]());

  const written = async (name: string, rows: readonly object[]) => {
    const { store } = opened;
    const reference = await store.putFile('rows', 'rows.jsonl', toJsonLines(rows), {
      rows: rows.length,
      madeBy: 'test',
      madeFrom: {},
    });
    return copyRowsOut(store, reference, join(store.root, 'out', name));
  };

  for (const ending of ['jsonl', 'json', 'csv', 'parquet'])
    it(`come back as they were from a file that ends in .${ending}`, async () => {
      const path = await written(`plain.${ending}`, [PLAIN, LINES]);
      assert.deepEqual(await readRows(path, dataRowOrSeedTask), [PLAIN, LINES]);
      const chats = await written(`chats.${ending}`, [CHAT, CHAT]);
      assert.deepEqual(await readRows(chats, dataRowOrSeedTask), [CHAT, CHAT]);
    });

  it('are a table with a row of column names, and quotation marks where a cell needs them', async () => {
    const path = await written('table.csv', [PLAIN]);
    assert.equal(
      await readFile(path, 'utf8'),
      'instruction,input,output\nName a river.,,"The ""Mekong"", in Asia"\n',
    );
  });

  it('are not written under a name that promises another form', () => {
    for (const name of ['rows.txt', 'rows.xlsx', 'rows.jsonl.gz'])
      assert.throws(() => requireKnownEnding('generate', 'out', name), {
        name: 'UsageError',
        message:
          /^--out rows\.\S+: a file of rows that ends in \.(txt|xlsx|gz) is not written there\. Name one that ends in \.json, \.csv, \.parquet, \.jsonl\.$/,
      });
    assert.throws(
      () => requireKnownEnding('dedupe', 'rejected', 'x.csv'),
      /--rejected x\.csv.*\.json, \.jsonl\.$/,
    );
    for (const name of ['rows.json', 'rows.CSV', 'rows.parquet', 'rows'])
      requireKnownEnding('filter', 'out', name);
    requireKnownEnding('report', 'out', 'page.html');
  });
});
