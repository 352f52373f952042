import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import {
  readTokenizerFiles,
  type TokenizerFiles,
} from '../../../../../activities/model/tokenizer/tokenizer-files.ts';

/** Made by test/fixtures/tokenize/make_agreement.py with Hugging Face's own tokenizers. */
interface Agreement {
  texts: string[];
  variants: Array<{ base: string; patch: Record<string, unknown>; ids: number[][]; plain: number[][] }>;
}

const FIXTURES = new URL('../../../../fixtures/tokenize/', import.meta.url);
const { texts, variants }: Agreement = JSON.parse(readFileSync(new URL('agreement.json', FIXTURES), 'utf8'));

describe('parts of a tokenizer.json that the JavaScript library does otherwise', () => {
  for (const { base, patch, ids, plain } of variants) {
    it(`${base} with ${JSON.stringify(patch).slice(0, 150)}`, async () => {
      const tokenizer = createTokenizer(await patched(base, patch), base);
      for (const [i, text] of texts.entries()) {
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: true }), ids[i], JSON.stringify(text));
        const whole: [number, number] = [0, text.length];
        assert.deepEqual(
          tokenizer.encode(text, { addSpecialTokens: true, plain: [whole] }),
          plain[i],
          `${JSON.stringify(text)} as text`,
        );
      }
    });
  }
});

describe('parts of a tokenizer.json in which the libraries cannot be made to agree', () => {
  const refused: Array<[RegExp, Record<string, unknown>]> = [
    [/normalizer Lowercase is not supported/, { normalizer: { type: 'Lowercase' } }],
    [/normalizer Precompiled is not supported/, { normalizer: { type: 'Precompiled' } }],
    [/model Unigram is not supported/, { model: { type: 'Unigram', vocab: [] } }],
    [/dropout is not supported/, { model: { type: 'BPE', vocab: {}, merges: [], dropout: 0.1 } }],
    [/BertPreTokenizer/, { pre_tokenizer: { type: 'BertPreTokenizer' } }],
  ];
  for (const [message, patch] of refused) {
    it(`are refused by name: ${message.source}`, async () => {
      const files = await patched('nfc', patch);
      assert.throws(() => createTokenizer(files, 'the folder'), { code: 'InvalidInput', message });
    });
  }
});

async function patched(base: string, patch: Record<string, unknown>): Promise<TokenizerFiles> {
  const files = await readTokenizerFiles(fileURLToPath(new URL(`${base}/`, FIXTURES)));
  return { ...files, tokenizer: { ...files.tokenizer, ...patch } };
}
