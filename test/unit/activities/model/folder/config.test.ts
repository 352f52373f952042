import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  countParameters,
  formatConfig,
  parameterShapes,
  parseConfig,
} from '../../../../../activities/model/folder/config.ts';

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 100,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  hidden_act: 'silu',
};
const parse = (changes: Record<string, unknown> = {}) =>
  parseConfig({ ...LLAMA, ...changes }, 'm/config.json');

describe('reading config.json', () => {
  it('of a Llama', () => {
    assert.deepEqual(parse(), {
      family: 'llama',
      vocabSize: 100,
      hiddenSize: 16,
      intermediateSize: 24,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      headSize: 4,
      maxPositions: 64,
      ropeTheta: 10_000,
      ropeScaling: null,
      normEpsilon: 1e-5,
      tieEmbeddings: false,
      attentionBias: false,
      attentionOutputBias: false,
      mlpBias: false,
    });
  });

  it('of a Llama with every head its own keys, biases, a tied head and a head size of its own', () => {
    const config = parse({
      num_key_value_heads: undefined,
      attention_bias: true,
      mlp_bias: true,
      tie_word_embeddings: true,
      head_dim: 8,
    });
    assert.equal(config.keyValueHeads, 4);
    assert.equal(config.headSize, 8);
    assert.deepEqual(
      [config.attentionBias, config.attentionOutputBias, config.mlpBias, config.tieEmbeddings],
      [true, true, true, true],
    );
  });

  it('of a Qwen2, whose queries, keys and values have biases and nothing else', () => {
    const config = parse({
      architectures: ['Qwen2ForCausalLM'],
      sliding_window: 8,
      use_sliding_window: false,
    });
    assert.deepEqual(
      [config.attentionBias, config.attentionOutputBias, config.mlpBias],
      [true, false, false],
    );
  });

  it('of a Mistral whose window is null or never reached', () => {
    const mistral = { architectures: ['MistralForCausalLM'] };
    assert.equal(parse({ ...mistral, sliding_window: null }).attentionBias, false);
    assert.equal(parse({ ...mistral, sliding_window: 64 }).attentionBias, false);
  });

  it('takes the rotary settings from where transformers 4 and 5 put them', () => {
    assert.deepEqual(parse({ rope_theta: 5e5, rope_scaling: { type: 'linear', factor: 2 } }).ropeScaling, {
      type: 'linear',
      factor: 2,
    });
    const five = parse({
      rope_parameters: {
        rope_theta: 5e5,
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      },
    });
    assert.equal(five.ropeTheta, 5e5);
    assert.deepEqual(five.ropeScaling, {
      type: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositions: 32,
    });
    assert.deepEqual(parse({ rope_scaling: { rope_type: 'dynamic', factor: 4 } }).ropeScaling, {
      type: 'dynamic',
      factor: 4,
      originalMaxPositions: 64,
    });
    assert.equal(parse({ rope_parameters: { rope_type: 'default', rope_theta: 1e4 } }).ropeScaling, null);
  });

  const refusals: Array<[string, Record<string, unknown>, RegExp]> = [
    ['another architecture', { architectures: ['GemmaForCausalLM'] }, /GemmaForCausalLM is not supported/],
    ['no architecture', { architectures: undefined }, /architecture \(none named\) is not supported/],
    ['a missing number', { hidden_size: undefined }, /hidden_size: /],
    ['a wrong number', { num_hidden_layers: 0 }, /num_hidden_layers: /],
    [
      'another activation',
      { hidden_act: 'gelu' },
      /hidden_act is "gelu", which is not supported\. Expected "silu"/,
    ],
    ['a quantized checkpoint', { quantization_config: { bits: 4 } }, /quantization_config is \{"bits":4\}/],
    ['dropout', { attention_dropout: 0.1 }, /attention_dropout is 0\.1/],
    ['a partial rotation', { partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0\.5/],
    [
      'a partial rotation of transformers 5',
      { rope_parameters: { partial_rotary_factor: 0.5 } },
      /partial_rotary_factor is 0\.5/,
    ],
    [
      'another rotary scaling',
      { rope_scaling: { rope_type: 'yarn', factor: 4 } },
      /rope_scaling has the type yarn/,
    ],
    [
      'a scaling without its factor',
      { rope_scaling: { rope_type: 'linear' } },
      /rope_scaling\.factor is missing/,
    ],
    ['an uneven head size', { hidden_size: 12 }, /head size/],
    ['heads that do not divide', { num_key_value_heads: 3 }, /4 is no multiple of num_key_value_heads 3/],
    [
      'a sliding window',
      { architectures: ['MistralForCausalLM'], sliding_window: 32 },
      /sliding_window is 32, which is not supported/,
    ],
    [
      'a window that is not given, where transformers takes one',
      { architectures: ['MistralForCausalLM'], max_position_embeddings: 8192 },
      /sliding_window is "4096 where it is not given", which is not supported/,
    ],
    [
      'a model type of another architecture',
      { model_type: 'gemma' },
      /model_type is "gemma", and architectures names LlamaForCausalLM\. Expected model_type "llama"/,
    ],
    [
      'a Qwen2 window',
      { architectures: ['Qwen2ForCausalLM'], use_sliding_window: true },
      /use_sliding_window is true/,
    ],
    [
      'a windowed layer',
      { layer_types: ['full_attention', 'sliding_attention'] },
      /layer_types is "sliding_attention"/,
    ],
  ];
  for (const [what, changes, message] of refusals) {
    it(`refuses ${what} by name`, () => {
      assert.throws(
        () => parse(changes),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'InvalidInput');
          assert.match(error.message, /^m\/config\.json: /);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe('the parameters of a config', () => {
  it('are the tensors of Hugging Face, matrices [out, in]', () => {
    const shapes = parameterShapes(parse({ num_hidden_layers: 1 }));
    assert.deepEqual(Object.fromEntries(shapes), {
      'model.embed_tokens.weight': [100, 16],
      'model.layers.0.input_layernorm.weight': [16],
      'model.layers.0.self_attn.q_proj.weight': [16, 16],
      'model.layers.0.self_attn.k_proj.weight': [8, 16],
      'model.layers.0.self_attn.v_proj.weight': [8, 16],
      'model.layers.0.self_attn.o_proj.weight': [16, 16],
      'model.layers.0.post_attention_layernorm.weight': [16],
      'model.layers.0.mlp.gate_proj.weight': [24, 16],
      'model.layers.0.mlp.up_proj.weight': [24, 16],
      'model.layers.0.mlp.down_proj.weight': [16, 24],
      'model.norm.weight': [16],
      'lm_head.weight': [100, 16],
    });
  });

  it('have the biases that the config gives, and no head where it is tied', () => {
    const shapes = parameterShapes(parse({ architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true }));
    const biases = [...shapes].filter(([name]) => name.endsWith('.bias'));
    assert.deepEqual(biases.slice(0, 3), [
      ['model.layers.0.self_attn.q_proj.bias', [16]],
      ['model.layers.0.self_attn.k_proj.bias', [8]],
      ['model.layers.0.self_attn.v_proj.bias', [8]],
    ]);
    assert.equal(biases.length, 6);
    assert.equal(shapes.has('lm_head.weight'), false);
  });

  it('are as many as Llama 2 7B has', () => {
    const config = parse({
      vocab_size: 32_000,
      hidden_size: 4096,
      intermediate_size: 11_008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
    });
    assert.equal(countParameters(config), 6_738_415_616);
  });
});

describe('writing config.json', () => {
  it('keeps what the original says and sets what training can change', () => {
    const original = {
      ...LLAMA,
      rope_scaling: { type: 'linear', factor: 2 },
      bos_token_id: 1,
      torch_dtype: 'bfloat16',
    };
    const written = formatConfig({ ...parseConfig(original, 'm'), vocabSize: 104 }, original);
    assert.equal(written.vocab_size, 104);
    assert.equal(written.torch_dtype, 'float32');
    assert.equal(written.bos_token_id, 1);
    assert.deepEqual(written.rope_scaling, { type: 'linear', factor: 2 });
  });

  it('names the family that the config is of where there is no original', () => {
    const named = (variant: Record<string, unknown>) => {
      const { architectures, model_type } = formatConfig(parse(variant), null);
      return { architectures, model_type };
    };
    assert.deepEqual(named({}), { architectures: ['LlamaForCausalLM'], model_type: 'llama' });
    assert.deepEqual(named({ architectures: ['Qwen2ForCausalLM'] }), {
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
    });
    const mistral = { architectures: ['MistralForCausalLM'], sliding_window: null };
    assert.deepEqual(named(mistral), { architectures: ['MistralForCausalLM'], model_type: 'mistral' });
  });

  it('says the same again when it is read, with an original and without', () => {
    const variants: Record<string, unknown>[] = [
      {},
      { architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true },
      { architectures: ['MistralForCausalLM'], sliding_window: null },
      { attention_bias: true, mlp_bias: true, head_dim: 8, rope_theta: 5e5 },
      {
        rope_scaling: {
          rope_type: 'llama3',
          factor: 8,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 32,
        },
      },
    ];
    for (const variant of variants) {
      const config = parse(variant);
      assert.deepEqual(parseConfig(formatConfig(config, { ...LLAMA, ...variant }), 'm'), config);
      assert.deepEqual(parseConfig(formatConfig(config, null), 'm'), config);
    }
  });
});
