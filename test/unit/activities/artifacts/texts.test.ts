import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readTexts } from '../../../../activities/artifacts/texts.ts';

describe('plain text', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-texts-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function textsOf(name: string, content: string | Buffer): Promise<string[]> {
    const path = join(folder, name);
    await writeFile(path, content);
    return (await readTexts(path, name)).map(({ output }) => output);
  }

  it('of a .txt file is what stands between blank lines', async () => {
    const text = '\n\nOne line.\r\nAnother.  \n \t\n\nA second text.';
    const expected = ['One line.\nAnother.', 'A second text.'];
    assert.deepEqual(await textsOf('a.txt', text), expected);
    assert.deepEqual(await textsOf('a.txt.gz', gzipSync(text)), expected);
    assert.deepEqual(await textsOf('empty.txt', '\n \n'), []);
  });

  it('of rows is their field `text`', async () => {
    const rows = '{"text":"One line.\\n\\nAnother.","id":7}\n{"text":"Second."}\n';
    assert.deepEqual(await textsOf('rows.jsonl', rows), ['One line.\n\nAnother.', 'Second.']);
    assert.deepEqual(await textsOf('rows.csv', 'id,text\n1,One.\n2,Two.\n'), ['One.', 'Two.']);
  });

  it('that is none is named by its line or row', async () => {
    await assert.rejects(textsOf('bad.txt', Buffer.from([0x61, 0x0a, 0xff, 0x0a])), {
      code: 'InvalidInput',
      message: /^bad\.txt, line 2: it is no text of UTF-8\./,
    });
    await assert.rejects(textsOf('rows.jsonl', '{"text":"One."}\n{"instruction":"Sort."}\n'), {
      code: 'InvalidInput',
      message: /^rows\.jsonl, line 2: .*text/,
    });
    await assert.rejects(textsOf('rows.jsonl', '{"text":""}\n'), { code: 'InvalidInput' });
  });
});
