import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAddedTokens } from '../../../../../activities/model/tokenizer/added-tokens.ts';
import { createTokenizer, loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../../../../activities/model/tokenizer/tokenizer-files.ts';

const FOLDER_URL = new URL('../../../../fixtures/tokenize/ignore-merges/', import.meta.url);
const FOLDER = fileURLToPath(FOLDER_URL);

describe('a tokenizer of a model folder', async () => {
  const files = await readTokenizerFiles(FOLDER);
  const withConfig = (config: Record<string, unknown>, map: Record<string, unknown> = {}) =>
    createTokenizer({ ...files, config, map }, FOLDER);
  const ROLES = { bos_token: '<s>', eos_token: '</s>' };

  it('knows its special tokens, by name in either file, as text or as an object', () => {
    const tokenizer = withConfig({ eos_token: { content: '</s>' } }, { pad_token: '[PAD]', bos_token: null });
    assert.deepEqual([tokenizer.endOfTextId, tokenizer.padId, tokenizer.beginId], [2, 3, null]);
    assert.equal(tokenizer.vocabSize, 641);
    assert.deepEqual(tokenizer.specialTokens, ['<unk>', '<s>', '</s>', '[PAD]']);
  });

  it('pads with the end-of-text token where it has no padding token', () => {
    assert.equal(withConfig(ROLES).padId, 2);
  });

  it('goes by tokenizer.json in what it puts around a text, as transformers 5 does', () => {
    const tokenizer = withConfig({ ...ROLES, add_bos_token: false, add_eos_token: true });
    assert.deepEqual(tokenizer.encode('a', { addSpecialTokens: true }), [1, 68]);
    assert.deepEqual(tokenizer.encode('a', { addSpecialTokens: false }), [68]);
  });

  it('decodes nothing to nothing', () => {
    assert.equal(withConfig(ROLES).decode([], { skipSpecialTokens: true }), '');
  });

  it('is refused without an end-of-text token', () => {
    assert.throws(() => withConfig({}), { code: 'InvalidInput', message: /names no end-of-text token/ });
    assert.throws(() => withConfig({ eos_token: null }, { eos_token: '' }), { code: 'InvalidInput' });
  });

  it('is refused where transformers does not look at the name of its end-of-text token', () => {
    const { tokenizer } = files;
    const added_tokens = parseAddedTokens(tokenizer.added_tokens).filter(({ content }) => content !== '</s>');
    const recorded = { added_tokens_decoder: { 1: { content: '<s>', special: true } } };
    const named = { config: recorded, map: { eos_token: '</s>' } };
    assert.equal(createTokenizer({ ...files, ...named }, FOLDER).endOfTextId, 2);
    assert.throws(
      () => createTokenizer({ ...files, ...named, tokenizer: { ...tokenizer, added_tokens } }, 'it'),
      {
        code: 'InvalidInput',
        message: /in it names the end-of-text token <\/s> where transformers does not look/,
      },
    );
  });

  it('gives a token that is named and stands nowhere the next id, as transformers does', () => {
    const tokenizer = withConfig({ eos_token: '<|end|>' });
    assert.deepEqual([tokenizer.endOfTextId, tokenizer.vocabSize], [641, 642]);
    assert.deepEqual(tokenizer.encode('a<|end|>', { addSpecialTokens: false }), [68, 641]);
  });

  it('is refused where a token is to be found in normalized text by one file alone', async () => {
    const metaspace = await readTokenizerFiles(fileURLToPath(new URL('../metaspace', FOLDER_URL)));
    const { tokenizer } = metaspace;
    const added_tokens = parseAddedTokens(tokenizer.added_tokens).map((token) => ({
      ...token,
      special: false,
    }));
    const config = { added_tokens_decoder: { 2: { content: '</s>', normalized: true } } };
    assert.throws(
      () => createTokenizer({ ...metaspace, config, tokenizer: { ...tokenizer, added_tokens } }, 'it'),
      {
        code: 'InvalidInput',
        message: /its added token <\/s> is normalized in one place and not in another/,
      },
    );
  });

  describe('on disk', () => {
    let root: string;
    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    });
    after(() => rm(root, { recursive: true }));

    it('is refused where tokenizer.json is missing, broken or of no known kind', async () => {
      await assert.rejects(loadTokenizer(root), { code: 'NotFound', message: /tokenizer\.json/ });
      await mkdir(join(root, 'broken'));
      await writeFile(join(root, 'broken', 'tokenizer.json'), '{"model":');
      await assert.rejects(loadTokenizer(join(root, 'broken')), { code: 'InvalidInput', message: /no JSON/ });
      await writeFile(
        join(root, 'broken', 'tokenizer.json'),
        '{"model":{"type":"Magic"},"decoder":null,"post_processor":null,"pre_tokenizer":null,"normalizer":null}',
      );
      await assert.rejects(loadTokenizer(join(root, 'broken')), {
        code: 'InvalidInput',
        message: /cannot be used: .*Magic/,
      });
    });
  });
});
