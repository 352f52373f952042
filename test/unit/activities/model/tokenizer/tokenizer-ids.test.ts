import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';

/** Made by test/fixtures/tokenize/make_ids.py with Hugging Face's own tokenizers. */
interface Case {
  tokenizer: string;
  text: string;
  ids: number[];
  with_special: number[];
  decoded: string;
  decoded_plain: string;
}

const FIXTURES = new URL('../../../../fixtures/tokenize/', import.meta.url);
const TINY = new URL('../../../../../seeds/tiny-model/', import.meta.url);
const cases: Case[] = JSON.parse(readFileSync(new URL('ids.json', FIXTURES), 'utf8'));

for (const name of ['tiny-model', 'metaspace', 'ignore-merges', 'nfc']) {
  describe(`the tokenizer ${name} gives what Hugging Face gives`, async () => {
    const folder = name === 'tiny-model' ? TINY : new URL(`${name}/`, FIXTURES);
    const tokenizer = await loadTokenizer(fileURLToPath(folder));
    for (const { text, ...expected } of cases.filter((each) => each.tokenizer === name)) {
      it(`for ${JSON.stringify(text)}`, () => {
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false }), expected.ids);
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: true }), expected.with_special);
        assert.equal(tokenizer.decode(expected.ids, { skipSpecialTokens: false }), expected.decoded);
        assert.equal(tokenizer.decode(expected.ids, { skipSpecialTokens: true }), expected.decoded_plain);
      });
    }
  });
}
