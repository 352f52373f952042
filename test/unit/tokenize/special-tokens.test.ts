import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createTokenizer,
  readTokenizerFiles,
  readVocabulary,
  vocabularySize,
} from '../../../activities/model/folder/tokenizer.ts';
import { addMeanRows, addSpecialTokens } from '../../../activities/tokenize/special-tokens.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/tokenize/ignore-merges', import.meta.url));

describe('adding special tokens', async () => {
  const files = await readTokenizerFiles(FOLDER);
  const vocabulary = readVocabulary(files, FOLDER);
  const known = new Set(vocabulary.keys());

  it('changes nothing where every role has a token', () => {
    const { added, changed } = addSpecialTokens(files, vocabularySize(vocabulary), known);
    assert.deepEqual([added, changed], [[], false]);
  });

  it('gives a missing token the next id, and the text of it that one id', () => {
    const bare = { ...files, config: { eos_token: '</s>', unk_token: '<unk>', bos_token: '<s>' } };
    const without = new Set([...known].filter((token) => token !== '[PAD]'));
    const special = addSpecialTokens(bare, 641, without);
    assert.deepEqual(special.added, ['[PAD]']);
    const tokenizer = createTokenizer(special.files, FOLDER);
    assert.equal(tokenizer.padId, 641);
    assert.equal(tokenizer.vocabSize, 642);
    assert.deepEqual(tokenizer.encode('[PAD]', { addSpecialTokens: false }), [641]);
  });

  it('names a token that the vocabulary has already without adding it again', () => {
    const special = addSpecialTokens({ ...files, config: { eos_token: '</s>' } }, 641, known);
    assert.deepEqual(special.added, []);
    assert.equal(special.changed, true);
    assert.equal(createTokenizer(special.files, FOLDER).padId, 3);
    assert.equal(special.files.map.bos_token, '<s>');
  });

  it("keeps a model's own name for a role", () => {
    const own = { ...files, config: { ...files.config, eos_token: { content: '<unk>' } } };
    const special = addSpecialTokens(own, 641, known);
    assert.equal(special.changed, false);
    assert.equal(createTokenizer(special.files, FOLDER).endOfTextId, 0);
  });
});

describe('rows for new tokens', () => {
  const config = {
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
    attentionBias: false,
    attentionOutputBias: false,
    mlpBias: false,
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
