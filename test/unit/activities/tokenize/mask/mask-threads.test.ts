import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { prepareBaseModel } from '../../../../../activities/tokenize/base-model.ts';
import { type MaskedRow, maskRow } from '../../../../../activities/tokenize/mask/mask.ts';
import { maskInThreads, threadsFor } from '../../../../../activities/tokenize/mask/mask-threads.ts';
import type { MaskerOptions } from '../../../../../activities/tokenize/mask/masker.ts';
import { RECIPE_TEMPLATE } from '../../../../../activities/tokenize/templates.ts';

const MODEL = builtinPath('tiny-model', 'en');
const OPTIONS: MaskerOptions = {
  maxLength: 64,
  trainOnPrompt: false,
  specialTokensInRows: 'parse',
  template: RECIPE_TEMPLATE,
  chat: null,
  isText: false,
  dataName: 'rows.jsonl',
  rewrittenTurns: 'divide',
};
const CHUNKS = Array.from({ length: 11 }, (_, chunk) =>
  Array.from({ length: chunk % 4 }, (_, i) => ({
    instruction: `Write ${chunk} then ${i}.`,
    input: '',
    output: 'word '.repeat(chunk * 3),
  })),
);

describe('masking in threads', () => {
  it('gives what masking in one place gives, in the same order', async () => {
    const { tokenizer } = await prepareBaseModel(MODEL, 0);
    const expected = CHUNKS.map((chunk) => chunk.map((row) => [maskRow(row, tokenizer, OPTIONS)]));
    const masked: MaskedRow[][][] = [];
    for await (const chunk of maskInThreads(CHUNKS, 3, { modelPath: MODEL, options: OPTIONS }))
      masked.push(chunk);
    assert.deepEqual(masked, expected);
  });

  it('fails with what a thread fails with', async () => {
    const masked = maskInThreads(CHUNKS, 2, { modelPath: '/nowhere', options: OPTIONS });
    await assert.rejects(masked.next(), (error) => {
      assert.ok(error instanceof AlpacaError);
      assert.equal(error.code, 'NotFound');
      assert.match(error.message, /\/nowhere/);
      return true;
    });
  });

  it('takes one thread for few rows', () => {
    assert.equal(threadsFor(0), 1);
    assert.equal(threadsFor(1999), 1);
  });
});
