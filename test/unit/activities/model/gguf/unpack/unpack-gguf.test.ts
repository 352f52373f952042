import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../../activities/attempt.ts';
import { readModel, readWeightsDtype } from '../../../../../../activities/model/folder/folder.ts';
import { unpackGguf } from '../../../../../../activities/model/gguf/unpack/unpack-gguf.ts';
import { readStopIds } from '../../../../../../activities/model/tokenizer/stop-ids.ts';
import { loadTokenizer } from '../../../../../../activities/model/tokenizer/tokenizer.ts';
import { writeGgufFolder } from '../../../../../../activities/release/export-gguf.ts';
import { taughtFiles } from '../../../../../../activities/tokenize/chat/taught-files.ts';
import { openPrepared } from '../../../../../../activities/tokenize/prepared-model.ts';
import { formatTemplateFile } from '../../../../../../activities/tokenize/template-file.ts';
import type { GgufFormat } from '../../../../../../workflows/contracts/release.ts';
import { exportFolder, KINDS, writeRandomModel } from '../random-models.ts';

const TEXT = ' <s>Wie heißt das? 12345 Öl, 한국어</s>\n\n don’t';

describe('a GGUF file as a folder', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-unpack-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const through = async (kind: string, form: GgufFormat) => {
    const places = ['from', 'gguf', 'to', 'again'].map((name) => join(root, `${kind} ${form} ${name}`));
    const [folder = '', path = '', out = '', again = ''] = places;
    const model = await writeRandomModel(folder, kind);
    await exportFolder({ folder, path, form, chatTemplate: '{{ eos_token }}' });
    const unpacked = await unpackGguf(path, out);
    await exportFolder({ folder: out, path: again, form, chatTemplate: '{{ eos_token }}' });
    return { folder, model, out, unpacked, isSame: (await readFile(path)).equals(await readFile(again)) };
  };

  for (const kind of Object.keys(KINDS)) {
    it(`has config, weights and tokenizer of the one that it was made from: ${kind}`, async () => {
      const { folder, model, out, unpacked } = await through(kind, 'f32');
      const found = await readModel(out);
      const { window, maxPositions, family } = model.config;
      const within = { window: null, maxPositions: window?.tokens ?? maxPositions };
      assert.deepEqual(
        { ...found.config, family: null },
        { ...model.config, ...within, family: null },
        'llama.cpp knows no window: it is the end of the context',
      );
      assert.equal(found.config.family, family === 'mistral' ? 'llama' : family);
      for (const [name, { data }] of model.weights)
        assert.deepEqual(found.weights.get(name)?.data, data, name);
      assert.deepEqual(unpacked.coarse, []);
      const [before, now] = [await loadTokenizer(folder), await loadTokenizer(out)];
      const options = { addSpecialTokens: true };
      assert.deepEqual(now.encode(TEXT, options), before.encode(TEXT, options));
      assert.deepEqual(
        [now.endOfText, now.endOfTextId, now.padId, now.beginId, now.specialTokens],
        [before.endOfText, before.endOfTextId, before.padId, before.beginId, before.specialTokens],
      );
      assert.deepEqual(await readStopIds(out, now), [now.endOfTextId]);
      assert.equal(await readFile(join(out, 'chat_template.jinja'), 'utf8'), '{{ eos_token }}');
    });
  }

  it('gives the same file once more, byte for byte', async () => {
    for (const form of ['f16', 'bf16', 'q8_0'] as const)
      assert.ok((await through('llama 3.1', form)).isSame, form);
  });

  it('is asked on in the prompt template that it was taught', async () => {
    const [base, folder, gguf, out] = ['base', 'taught', 'taught.gguf', 'back'].map((name) =>
      join(root, name),
    );
    assert.ok(base && folder && gguf && out);
    await writeRandomModel(base, 'llama');
    const taught = {
      withInput: '질문: {instruction}\n{input}\n답:',
      withoutInput: '질문: {instruction}\n답:',
    };
    await writeFile(join(base, 'prompt_template.json'), formatTemplateFile(taught));
    await cp(base, folder, { recursive: true });
    for (const [name, text] of await taughtFiles(base)) await writeFile(join(folder, name), text ?? '');
    const { file } = await writeGgufFolder(folder, { out: gguf, form: 'f16', name: 'taught' });
    await unpackGguf(join(gguf, file), out);
    const model = await openPrepared(out, { seed: 1, build: null }, unwatched);
    try {
      assert.equal(model.hasOwnForm, false);
      const ids = await model.tokenizer.prompts([{ instruction: '더하기', input: '1 2' }]);
      assert.deepEqual(await model.tokenizer.decode(ids), ['질문: 더하기\n1 2\n답:']);
    } finally {
      await model.close();
    }
  });

  it('says what was coarse, and is in f32 then', async () => {
    const { out, unpacked } = await through('qwen2', 'q8_0');
    assert.deepEqual(unpacked.coarse, ['Q8_0']);
    assert.equal(await readWeightsDtype(out), 'float32');
  });
});
