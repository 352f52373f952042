import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { loadTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { taughtFiles } from '../../../../activities/tokenize/chat/taught-files.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../../../activities/tokenize/tokens.ts';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';
import { tokenizeInput } from '../../../../workflows/contracts/tokenize.ts';

const TEXTS = Array.from({ length: 10 }, (_, i) => `The cat has ${i} tails.\nThe dog has none.`);

describe('the tokenize step in the format text', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenize-text-'));
    await writeFile(join(root, 'texts.txt'), TEXTS.join('\n\n'));
  });
  after(() => rm(root, { recursive: true }));

  const step = (change: Record<string, unknown>) => {
    const store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
    const input = tokenizeInput.parse({ data: join(root, 'texts.txt'), format: 'text', ...change });
    return { store, result: tokenizeRows(input, { store }, unwatched) };
  };

  it('learns every token, holds whole texts out, and keeps what the model is asked in', async () => {
    const { store, result } = step({ maxLength: 8, heldOut: 0.2 });
    const { tokens, heldOutTokens, heldOutRows, model, ...counts } = await result;
    const learnt = await readTokens(await store.open(tokens));
    assert.ok(learnt.every(({ inputIds, labels }) => inputIds.every((id, i) => id === labels[i])));
    assert.equal(new Set(learnt.map(({ row }) => row)).size, 8);
    const held = (await readFile(await store.open(heldOutRows), 'utf8')).trim().split('\n');
    const rows = held.map((line) => JSON.parse(line) as { row: number; text: string });
    assert.equal(heldOutTokens.rows, rows.length);
    assert.deepEqual([...new Set(rows.map(({ row }) => row))].length, 2);
    assert.ok(rows.length > 2 && rows.every(({ row, text }) => TEXTS[row]?.includes(text.trim())));
    assert.equal(counts.truncated + counts.fullyMasked + counts.endOfTextLost, 0);
    const { settings } = await store.readManifest(tokens);
    assert.deepEqual([settings?.format, settings?.template], ['text', null]);
    await assert.rejects(readFile(join(await store.open(model), 'prompt_template.json')), { code: 'ENOENT' });
  });

  it('leaves a chat model its own template and what ends its answers, also where nobody can read that', async () => {
    const readable = "{% for m in messages %}{{ m.content + '</s>' }}{% endfor %}";
    for (const own of [readable, '{% nothing %}']) {
      const base = await mkdtemp(join(root, 'chat-model-'));
      await cp(builtinPath('tiny-model', 'en'), base, { recursive: true });
      await writeFile(join(base, 'chat_template.jinja'), own);
      await writeFile(join(base, 'generation_config.json'), '{"eos_token_id": [7]}');
      const { store, result } = step({ model: base });
      const taught = await taughtFiles(await store.open((await result).model));
      assert.equal(taught.get('chat_template.jinja'), own);
      const { chat_template } = JSON.parse(taught.get('tokenizer_config.json') ?? '');
      assert.equal(chat_template, own);
      const { endOfTextId } = await loadTokenizer(base);
      const { eos_token_id } = JSON.parse(taught.get('generation_config.json') ?? '');
      assert.deepEqual(eos_token_id, [endOfTextId, 7]);
    }
  });

  it('takes no template, and is no format of a whole run', async () => {
    await writeFile(join(root, 'template.json'), '{}');
    await assert.rejects(step({ template: join(root, 'template.json') }).result, {
      code: 'InvalidInput',
      message: /Plain text is put into no template, and .*template\.json is one\./,
    });
    const checked = alpacaInput.safeParse({ tokenize: { format: 'text' } });
    assert.deepEqual(
      checked.error?.issues.map(({ path }) => path),
      [['tokenize', 'format']],
    );
  });
});
