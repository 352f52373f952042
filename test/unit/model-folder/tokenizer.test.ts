import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createTokenizer,
  loadTokenizer,
  readTokenizerFiles,
} from '../../../activities/model/folder/tokenizer.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/tokenize/ignore-merges', import.meta.url));

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
    assert.throws(() => withConfig({ eos_token: '<|end|>' }), { code: 'InvalidInput' });
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
