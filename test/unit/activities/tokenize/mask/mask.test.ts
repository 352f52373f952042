import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokenizer, loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../../../../activities/model/tokenizer/tokenizer-files.ts';
import { type MaskOptions, maskRow } from '../../../../../activities/tokenize/mask/mask.ts';
import { RECIPE_TEMPLATE } from '../../../../../activities/tokenize/templates.ts';

const FOLDER = fileURLToPath(new URL('../../../../fixtures/tokenize/ignore-merges', import.meta.url));
const RECIPE: MaskOptions = {
  maxLength: 512,
  trainOnPrompt: false,
  specialTokensInRows: 'parse',
  template: RECIPE_TEMPLATE,
};
const COLOUR = { instruction: 'Name a colour.', input: '', output: 'Red.' };

/** In the fixture's tokenizer the prompt of COLOUR is 70 tokens, and "Red." is 53 290 17; </s> is 2. */
const TARGET = [53, 290, 17, 2];

describe('masking a row', async () => {
  const tokenizer = await loadTokenizer(FOLDER);

  it('hides the prompt and shows the output with its end-of-text token', () => {
    const { inputIds, labels, ...flags } = maskRow(COLOUR, tokenizer, RECIPE);
    assert.equal(inputIds.length, 74);
    assert.equal(inputIds[0], 1);
    assert.deepEqual([...inputIds.subarray(70)], TARGET);
    assert.deepEqual([...labels], [...Array(70).fill(-100), ...TARGET]);
    assert.deepEqual(flags, {
      truncated: false,
      fullyMasked: false,
      endOfTextLost: false,
      prefixMismatch: false,
      spellsSpecialToken: false,
      isRewritten: false,
      messages: 0,
    });
  });

  it('shows the prompt too where that is asked for', () => {
    const { inputIds, labels } = maskRow(COLOUR, tokenizer, { ...RECIPE, trainOnPrompt: true });
    assert.deepEqual(labels, inputIds);
  });

  it('cuts at the longest length and says that the end-of-text token was lost', () => {
    const { labels, ...flags } = maskRow(COLOUR, tokenizer, { ...RECIPE, maxLength: 73 });
    assert.deepEqual([...labels.subarray(69)], [-100, 53, 290, 17]);
    assert.deepEqual([flags.truncated, flags.fullyMasked, flags.endOfTextLost], [true, false, true]);
  });

  it('calls a row fully masked when its prompt fills the longest length', () => {
    const { labels, ...flags } = maskRow(COLOUR, tokenizer, { ...RECIPE, maxLength: 70 });
    assert.deepEqual([...labels], Array(70).fill(-100));
    assert.deepEqual([flags.truncated, flags.fullyMasked], [true, true]);
    assert.equal(maskRow(COLOUR, tokenizer, { ...RECIPE, maxLength: 71 }).fullyMasked, false);
  });

  it('never calls a row fully masked that is trained on its prompt', () => {
    assert.equal(
      maskRow(COLOUR, tokenizer, { ...RECIPE, maxLength: 70, trainOnPrompt: true }).fullyMasked,
      false,
    );
  });

  it('trains an empty output on its end-of-text token alone', () => {
    const { labels, fullyMasked } = maskRow({ ...COLOUR, output: '' }, tokenizer, RECIPE);
    assert.deepEqual([...labels], [...Array(70).fill(-100), 2]);
    assert.equal(fullyMasked, false);
  });

  it('masks by the length of the prompt alone and says when the ids differ there', () => {
    // This tokenizer splits ":" and newlines as one piece, so the output reaches into the prompt's last.
    const { labels, prefixMismatch } = maskRow({ ...COLOUR, output: '\n\nRed.' }, tokenizer, RECIPE);
    assert.equal(prefixMismatch, true);
    assert.equal([...labels].filter((label) => label === -100).length, 70);
  });

  it('shows the end-of-text token where the padding token is the same', async () => {
    const files = await readTokenizerFiles(FOLDER);
    const same = createTokenizer({ ...files, config: { ...files.config, pad_token: '</s>' } }, FOLDER);
    assert.equal(same.padId, same.endOfTextId);
    assert.deepEqual([...maskRow(COLOUR, same, RECIPE).labels.subarray(70)], TARGET);
  });

  const spelling = { instruction: 'Name a colour.', input: 'strike <s>this</s>', output: 'Red</s>.' };
  const marks = (ids: Int32Array) => [...ids].filter((id) => id === 1 || id === 2);

  it('notices text that spells a special token, which is that token', () => {
    const { inputIds, spellsSpecialToken } = maskRow(spelling, tokenizer, RECIPE);
    assert.equal(spellsSpecialToken, true);
    assert.deepEqual(marks(inputIds), [1, 1, 2, 2, 2]);
  });

  it('leaves such text as text where that is asked for', () => {
    const { inputIds } = maskRow(spelling, tokenizer, { ...RECIPE, specialTokensInRows: 'text' });
    assert.deepEqual(marks(inputIds), [1, 2]);
    const text = tokenizer.decode([...inputIds], { skipSpecialTokens: true });
    assert.match(text, /### Input:\nstrike <s>this<\/s>\n\n### Response:Red<\/s>\.$/);
  });

  it('keeps the special tokens of a template where those of rows are text', () => {
    const template = { withInput: '<s>{instruction}{input}', withoutInput: '<s>{instruction}</s>' };
    const row = { instruction: 'a</s>b', input: '', output: 'c' };
    const { inputIds } = maskRow(row, tokenizer, { ...RECIPE, template, specialTokensInRows: 'text' });
    assert.deepEqual(marks(inputIds), [1, 1, 2, 2]);
  });
});
