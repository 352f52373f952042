import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAMILIES } from '../../../../../activities/model/families/families.ts';
import { whatIsMissing } from '../../../../../activities/model/families/unsupported.ts';
import { parseConfig } from '../../../../../activities/model/folder/config.ts';
import { architectureMetadata, ggufContext } from '../../../../../activities/model/gguf/architecture.ts';
import { KINDS } from './random-models.ts';

const metadataOf = (kind: string, change: Record<string, unknown> = {}) =>
  architectureMetadata(parseConfig({ ...KINDS[kind], ...change }, 'm'), 'm');
const LLAMA3 = {
  ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
  original_max_position_embeddings: 64,
};

describe('what llama.cpp is told of a model', () => {
  it('has the multipliers of a Granite by its names', () => {
    const metadata = metadataOf('granite');
    assert.deepEqual(
      ['embedding_scale', 'attention.scale', 'residual_scale', 'logit_scale'].map((key) =>
        metadata.get(`granite.${key}`),
      ),
      [3, 0.1, 0.6, 2].map((value) => ({ type: 'float32', value })),
    );
  });

  it('is read as llama.cpp does where a Granite says no scale of attention: by the root of the head size', () => {
    const { fields } = FAMILIES.granite.gguf;
    const silent = { headSize: 64, number: () => null, hasInLayer: () => false };
    assert.equal(fields(silent).attention_multiplier, 0.125);
    assert.equal(fields({ ...silent, number: () => 0.5 }).attention_multiplier, 0.5);
  });

  it('has a window as the end of the context', () => {
    const context = (kind: string) => metadataOf(kind).get('llama.context_length');
    assert.deepEqual(context('mistral'), { type: 'uint32', value: 512 });
    assert.deepEqual(context('mistral with a window'), { type: 'uint32', value: 256 });
    // The same is written in the Modelfile.
    assert.equal(ggufContext({ maxPositions: 512, window: { tokens: 256, layers: [0] } }), 256);
    assert.equal(ggufContext({ maxPositions: 512, window: null }), 512);
  });

  const refusals: [string, string, Record<string, unknown>, RegExp][] = [
    ['biases', 'qwen3', { attention_bias: true }, /it has biases\. Use/],
    [
      'another choice of unturned layers',
      'smollm3',
      { no_rope_layers: [1, 0, 1, 0] },
      /are not every 4th\. Use/,
    ],
    ['a tied head', 'olmo2', { tie_word_embeddings: true }, /a head that is the embedding itself\. Use/],
    ['heads of their own size', 'olmo2', { head_dim: 64 }, /heads of a size of their own\. Use/],
    ['llama3 scaling', 'qwen3', { rope_scaling: LLAMA3 }, /llama3 scaling of its rotary embedding\. Use/],
    ['dynamic scaling', 'granite', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, /dynamic scaling/],
  ];
  for (const [what, kind, change, message] of refusals)
    it(`is nothing where it does not compute ${what} of ${kind}`, () => {
      assert.throws(() => metadataOf(kind, change), { code: 'InvalidInput', message });
    });
});

describe('what other architectures have that is not computed here', () => {
  for (const [name, what] of [
    ['T5ForConditionalGeneration', 'an encoder beside its decoder'],
    ['mbart', 'an encoder beside its decoder'],
    ['LlavaForConditionalGeneration', 'more than text'],
    ['falcon_h1', 'layers that are no attention'],
    ['falcon', 'a feed-forward without a gate'],
    ['gpt_neox', 'a feed-forward without a gate'],
    ['deepseek_v3', 'experts'],
    ['qwen3_next', 'layers that are no attention'],
    ['Qwen3ForCausalLM', null],
  ] as const)
    it(`is said of ${name}`, () => assert.equal(whatIsMissing(name), what));
});
