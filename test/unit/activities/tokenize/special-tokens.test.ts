import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PLAIN_LLAMA } from '../../../../activities/model/families/architecture.ts';
import type { LlamaConfig } from '../../../../activities/model/folder/config.ts';
import { createTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../../../activities/model/tokenizer/tokenizer-files.ts';
import { addMeanRows, addSpecialTokens } from '../../../../activities/tokenize/special-tokens.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/tokenize/ignore-merges', import.meta.url));

describe('adding special tokens', async () => {
  const files = await readTokenizerFiles(FOLDER);
  const { model, added_tokens } = listing(files.tokenizer);
  const renamed = {
    ...files.tokenizer,
    model: {
      ...model,
      vocab: Object.fromEntries(
        Object.entries(model.vocab).map(([token, id]) => [token === '[PAD]' ? '[GAP]' : token, id]),
      ),
    },
    added_tokens: added_tokens.filter(({ content }) => content !== '[PAD]'),
  };
  const listed = (tokenizer: Record<string, unknown>) =>
    listing(tokenizer).added_tokens.map(({ id, content, special }) => [id, content, special]);

  it('changes nothing where every role has a token', () => {
    const special = addSpecialTokens(files, FOLDER);
    assert.deepEqual([special.added, special.changed], [[], false]);
    assert.equal(JSON.stringify(special.files), JSON.stringify(files));
  });

  it('gives a missing token the next id, and the text of it that one id', () => {
    const config = { eos_token: '</s>', unk_token: '<unk>', bos_token: '<s>' };
    const special = addSpecialTokens({ ...files, tokenizer: renamed, config }, FOLDER);
    assert.deepEqual(special.added, ['[PAD]']);
    const tokenizer = createTokenizer(special.files, FOLDER);
    assert.equal(tokenizer.padId, 641);
    assert.equal(tokenizer.vocabSize, 642);
    assert.deepEqual(tokenizer.encode('[PAD]', { addSpecialTokens: false }), [641]);
  });

  it('names a token that the vocabulary has already without adding it again', () => {
    const special = addSpecialTokens({ ...files, config: { eos_token: '</s>' } }, FOLDER);
    assert.deepEqual(special.added, []);
    assert.equal(special.changed, true);
    assert.deepEqual(special.files.tokenizer.added_tokens, files.tokenizer.added_tokens);
    assert.equal(createTokenizer(special.files, FOLDER).padId, 3);
    assert.equal(special.files.map.bos_token, '<s>');
  });

  it('lists a token that stands in the vocabulary alone, so that its text is its one id', () => {
    const tokenizer = { ...files.tokenizer, added_tokens: added_tokens.slice(0, 2) };
    const special = addSpecialTokens({ ...files, tokenizer, config: {} }, FOLDER);
    assert.deepEqual([special.added, special.changed], [[], true]);
    assert.deepEqual(listed(special.files.tokenizer), [
      [0, '<unk>', true],
      [1, '<s>', true],
      [2, '</s>', true],
      [3, '[PAD]', true],
    ]);
    const { encode, endOfText, specialTokens } = createTokenizer(special.files, FOLDER);
    assert.deepEqual(encode(`a${endOfText}`, { addSpecialTokens: false }), [68, 2]);
    assert.deepEqual(specialTokens, ['<unk>', '<s>', '</s>', '[PAD]']);
  });

  it('makes a listed token special once it has a role', () => {
    const tokenizer = {
      ...files.tokenizer,
      added_tokens: added_tokens.map((token) => ({ ...token, special: token.content !== '</s>' })),
    };
    const special = addSpecialTokens({ ...files, tokenizer, config: {} }, FOLDER);
    assert.deepEqual(listed(special.files.tokenizer)[2], [2, '</s>', true]);
  });

  it('lists a token that is named and stands nowhere before those that it adds', () => {
    const config = { eos_token: '<|end|>', bos_token: '<s>', unk_token: '<unk>' };
    const special = addSpecialTokens({ ...files, tokenizer: renamed, config }, FOLDER);
    assert.deepEqual([special.named, special.added], [['<|end|>'], ['[PAD]']]);
    assert.deepEqual(listed(special.files.tokenizer).slice(3), [
      [641, '<|end|>', true],
      [642, '[PAD]', true],
    ]);
  });

  it('refuses to add a token where ids have gaps, which libraries go on from differently', () => {
    const vocab = { ...listing(renamed).model.vocab, far: 900 };
    const tokenizer = { ...renamed, model: { ...model, vocab } };
    assert.throws(
      () => addSpecialTokens({ ...files, tokenizer, config: { eos_token: '</s>' } }, 'the folder'),
      {
        code: 'InvalidInput',
        message:
          /the folder cannot be used: its token \[PAD\] is in no vocabulary, and the ids there have gaps/,
      },
    );
  });

  it("keeps a model's own name for a role", () => {
    const own = { ...files, config: { ...files.config, eos_token: { content: '<unk>' } } };
    const special = addSpecialTokens(own, FOLDER);
    assert.equal(special.changed, false);
    assert.equal(createTokenizer(special.files, FOLDER).endOfTextId, 0);
  });
});

function listing(tokenizer: Record<string, unknown>) {
  return z
    .object({
      model: z.looseObject({ vocab: z.record(z.string(), z.int()) }),
      added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean() })),
    })
    .parse(tokenizer);
}

describe('rows for new tokens', () => {
  const config: LlamaConfig = {
    family: 'llama',
    vocabSize: 2,
    hiddenSize: 3,
    intermediateSize: 1,
    layers: 1,
    heads: 1,
    keyValueHeads: 1,
    headSize: 2,
    maxPositions: 8,
    ropeTheta: 10_000,
    ropeScaling: null,
    normEpsilon: 1e-6,
    tieEmbeddings: false,
    ...PLAIN_LLAMA,
  };
  const weight = (shape: number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });
  const norm = weight([3], 1, 1, 1);

  it('are the mean of the old ones, in the embedding and in the head', () => {
    const { config: grown, weights } = addMeanRows(
      {
        config,
        weights: new Map([
          ['model.embed_tokens.weight', weight([2, 3], 1, 2, 3, 3, 6, 11)],
          ['lm_head.weight', weight([2, 3], 0, 0, 0, 1, 1, 1)],
          ['model.norm.weight', norm],
        ]),
      },
      2,
      2,
    );
    assert.equal(grown.vocabSize, 4);
    assert.deepEqual(
      weights.get('model.embed_tokens.weight'),
      weight([4, 3], 1, 2, 3, 3, 6, 11, 2, 4, 7, 2, 4, 7),
    );
    assert.deepEqual(
      weights.get('lm_head.weight'),
      weight([4, 3], 0, 0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5),
    );
    assert.equal(weights.get('model.norm.weight'), norm);
  });

  it('take spare rows of the embedding before it grows', () => {
    const embedding = weight([4, 3], 2, 2, 2, 4, 4, 4, 9, 9, 9, 9, 9, 9);
    const spare = {
      config: { ...config, vocabSize: 4 },
      weights: new Map([['model.embed_tokens.weight', embedding]]),
    };
    const { config: same, weights } = addMeanRows(spare, 2, 1);
    assert.equal(same.vocabSize, 4);
    assert.deepEqual(
      weights.get('model.embed_tokens.weight'),
      weight([4, 3], 2, 2, 2, 4, 4, 4, 3, 3, 3, 9, 9, 9),
    );
  });
});
