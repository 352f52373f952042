import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { loadTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { readTemplate, templateOf } from '../../../../activities/tokenize/template-file.ts';
import { formatPrompt, RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../../../activities/tokenize/tokens.ts';
import { tokenizeInput } from '../../../../workflows/contracts/tokenize.ts';

const SHORT = { prompt_input: 'Q: {instruction}\nI: {input}\nA:', prompt_no_input: 'Q: {instruction}\nA:' };

describe('a template file', () => {
  let root: string;
  let store: ArtifactStore;
  const write = async (name: string, content: unknown) => {
    const path = join(root, name);
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'templates-'));
    store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
  });
  after(() => rm(root, { recursive: true }));

  it('may have fields of other trainers', async () => {
    const path = await write('other.json', { ...SHORT, description: 'short', response_split: 'A:' });
    const template = await readTemplate(path);
    assert.equal(formatPrompt({ instruction: 'Add.', input: '1 2' }, template), 'Q: Add.\nI: 1 2\nA:');
    assert.equal(formatPrompt({ instruction: 'Add.', input: '' }, template), 'Q: Add.\nA:');
  });

  it('is refused where a field or a placeholder is missing or wrong', async () => {
    const refuses = async (change: object, message: RegExp) =>
      assert.rejects(readTemplate(await write('bad.json', { ...SHORT, ...change }), 'mine.json'), {
        code: 'InvalidInput',
        message,
      });
    await refuses({ prompt_input: 7 }, /^The template mine\.json cannot be used: prompt_input: /);
    await refuses({ prompt_input: '{instruction}' }, /prompt_input has \{input\} 0 times and should .* once/);
    await refuses({ prompt_no_input: 'A:' }, /prompt_no_input has \{instruction\} 0 times/);
    await refuses(
      { prompt_no_input: '{instruction}{input}' },
      /\{input\} 1 times and should have it nowhere/,
    );
    await refuses({ prompt_input: '{instruction}{input}{output}' }, /\{output\} 1 times/);
  });

  it('is what rows are put into, and stays with the model and in the manifest', async () => {
    const template = await write('short.json', SHORT);
    const result = await tokenizeRows(tokenizeInput.parse({ template }), { store }, unwatched);
    const model = await store.open(result.model);
    const taught = { withInput: SHORT.prompt_input, withoutInput: SHORT.prompt_no_input };
    assert.deepEqual(await templateOf(model), taught);
    assert.deepEqual((await store.readManifest(result.tokens)).settings?.template, taught);
    const [first] = await readTokens(await store.open(result.tokens));
    const tokenizer = await loadTokenizer(model);
    assert.match(tokenizer.decode([...(first?.inputIds ?? [])], { skipSpecialTokens: true }), /^Q: /);

    const again = await tokenizeRows(tokenizeInput.parse({ model: result.model }), { store }, unwatched);
    assert.deepEqual(again.model, result.model, 'a model is asked on as it was taught');
    assert.equal(again.tokens.sha256, result.tokens.sha256);
  });

  it('of the recipe is the one of a folder that names none', async () => {
    assert.deepEqual(await templateOf(builtinPath('tiny-model', 'en')), RECIPE_TEMPLATE);
  });

  it('given for a trained model changes none of its bytes but the template', async () => {
    const { model } = await tokenizeRows(tokenizeInput.parse({}), { store }, unwatched);
    const trained = join(root, 'trained');
    await cp(await store.open(model), trained, { recursive: true });
    const template = await write('short.json', SHORT);
    const result = await tokenizeRows(
      tokenizeInput.parse({ model: trained, template }),
      { store },
      unwatched,
    );
    const { files: before = [] } = await store.readManifest(model);
    const { files: after = [] } = await store.readManifest(result.model);
    assert.deepEqual(
      after.filter(({ path }) => path !== 'prompt_template.json'),
      before,
    );
  });
});
