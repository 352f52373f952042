import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import {
  readTokenizerFiles,
  type TokenizerFiles,
} from '../../../../../activities/model/tokenizer/tokenizer-files.ts';

/** Made by test/fixtures/tokenize/make_named.py with transformers 5.23.0, opened by AutoTokenizer. */
interface Case {
  base: string;
  files: Partial<Omit<TokenizerFiles, 'tokenizer'>> & {
    tokenizer?: Record<string, unknown>;
    drop?: string[];
    flags?: Record<string, Record<string, unknown>>;
  };
  eos: number | null;
  pad: number | null;
  size: number;
  ids: number[];
  decoded: string;
  decoded_plain: string;
  as_text: number[];
}

const FIXTURES = new URL('../../../../fixtures/tokenize/', import.meta.url);
const { text, cases }: { text: string; cases: Case[] } = JSON.parse(
  readFileSync(new URL('named-tokens.json', FIXTURES), 'utf8'),
);
const WHOLE: [number, number] = [0, text.length];

describe('tokens that the files of a folder name are what transformers makes of them', () => {
  for (const { base, files: changes, ...expected } of cases) {
    it(`${base} with ${JSON.stringify(changes)}`, async () => {
      const files = await changedFiles(base, changes);
      if (expected.eos === null) files.config = { ...files.config, eos_token: '<unk>' };
      const tokenizer = createTokenizer(files, base);
      const ids = tokenizer.encode(text, { addSpecialTokens: false });
      assert.deepEqual(ids, expected.ids);
      assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false, plain: [WHOLE] }), expected.as_text);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), expected.decoded);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), expected.decoded_plain);
      assert.equal(tokenizer.vocabSize, expected.size);
      if (expected.eos !== null) assert.equal(tokenizer.endOfTextId, expected.eos);
      if (expected.pad !== null && changes.tokenizer === undefined)
        assert.equal(tokenizer.padId, expected.pad);
    });
  }
});

async function changedFiles(
  base: string,
  { drop = ['</s>'], flags = {}, tokenizer, ...others }: Case['files'],
): Promise<TokenizerFiles> {
  const { tokenizer: original } = await readTokenizerFiles(fileURLToPath(new URL(`${base}/`, FIXTURES)));
  const listed = original.added_tokens as { content: string }[];
  const added_tokens = listed
    .filter(({ content }) => !drop.includes(content))
    .map((token) => ({ ...token, ...flags[token.content] }));
  return {
    config: {},
    map: {},
    addedTokens: {},
    ...others,
    tokenizer: { ...original, added_tokens, ...tokenizer },
  };
}
