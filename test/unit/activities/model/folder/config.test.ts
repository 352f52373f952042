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
      queryKeyNorm: null,
      normsAfter: false,
      window: null,
      unturnedLayers: [],
      embeddingMultiplier: 1,
      attentionMultiplier: null,
      residualMultiplier: 1,
      logitsDivisor: 1,
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
    assert.equal(parse({ ...mistral, sliding_window: null }).window, null);
    assert.equal(parse({ ...mistral, sliding_window: 64 }).window, null);
  });

  it('of a Mistral with a window, which is 4096 where it is not given', () => {
    const mistral = { architectures: ['MistralForCausalLM'] };
    assert.deepEqual(parse({ ...mistral, sliding_window: 32 }).window, { tokens: 32, layers: [0, 1] });
    assert.deepEqual(parse({ ...mistral, max_position_embeddings: 8192 }).window, {
      tokens: 4096,
      layers: [0, 1],
    });
  });

  it('of a Qwen3, whose window is in the layers from one on', () => {
    const qwen3 = { architectures: ['Qwen3ForCausalLM'], head_dim: 8 };
    const { queryKeyNorm, attentionBias, headSize, window } = parse(qwen3);
    assert.deepEqual([queryKeyNorm, attentionBias, headSize, window], ['head', false, 8, null]);
    const windowed = { ...qwen3, use_sliding_window: true, sliding_window: 16, max_window_layers: 1 };
    assert.deepEqual(parse(windowed).window, { tokens: 16, layers: [1] });
    assert.equal(parse({ architectures: ['Qwen3ForCausalLM'] }).headSize, 128);
  });

  it('of a SmolLM3, which leaves every fourth layer unturned, and has a window in those alone', () => {
    const smollm3 = { architectures: ['SmolLM3ForCausalLM'], num_hidden_layers: 8 };
    const config = parse(smollm3);
    assert.deepEqual([config.unturnedLayers, config.window], [[3, 7], null]);
    assert.deepEqual([config.ropeTheta, config.tieEmbeddings], [2e6, true]);
    const other = { ...smollm3, use_sliding_window: true, sliding_window: 16 };
    const { unturnedLayers, window } = parse({ ...other, no_rope_layers: [1, 0, 1, 1, 1, 1, 1, 1] });
    assert.deepEqual([unturnedLayers, window], [[1], { tokens: 16, layers: [1] }]);
    // transformers goes by the types of layers alone where there are any.
    const typed = Array.from({ length: 8 }, (_, layer) =>
      layer === 2 ? 'sliding_attention' : 'full_attention',
    );
    const byTypes = parse({ ...smollm3, use_sliding_window: false, sliding_window: 16, layer_types: typed });
    assert.deepEqual(byTypes.window, { tokens: 16, layers: [2] });
  });

  it('of a Granite, with its multipliers', () => {
    const granite = { architectures: ['GraniteForCausalLM'], attention_bias: true };
    const { embeddingMultiplier, attentionMultiplier, attentionBias } = parse(granite);
    assert.deepEqual([embeddingMultiplier, attentionMultiplier, attentionBias], [1, 1, true]);
    const config = parse({
      ...{ ...granite, embedding_multiplier: 12, attention_multiplier: 0.0078125 },
      ...{ residual_multiplier: 0.22, logits_scaling: 16 },
    });
    assert.deepEqual([config.embeddingMultiplier, config.attentionMultiplier], [12, 0.0078125]);
    assert.deepEqual([config.residualMultiplier, config.logitsDivisor], [0.22, 16]);
  });

  it('of an OLMo 2, whose norms are behind', () => {
    const { rms_norm_eps: _, ...silent } = LLAMA;
    const { queryKeyNorm, normsAfter, normEpsilon } = parseConfig(
      { ...silent, architectures: ['Olmo2ForCausalLM'] },
      'm',
    );
    assert.deepEqual([queryKeyNorm, normsAfter, normEpsilon], ['all', true, 1e-5]);
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
    [
      'another architecture, with what it takes',
      { architectures: ['GemmaForCausalLM'] },
      /GemmaForCausalLM is not supported: it has GELU in its feed-forward, and norms that add 1/,
    ],
    [
      'another, whose sizes have other names',
      { architectures: ['GPT2LMHeadModel'], hidden_size: undefined, num_hidden_layers: undefined },
      /GPT2LMHeadModel is not supported: it has a feed-forward without a gate/,
    ],
    [
      'experts',
      { architectures: ['Qwen3MoeForCausalLM'] },
      /Qwen3MoeForCausalLM is not supported: it has experts/,
    ],
    [
      'experts by another name',
      { architectures: ['OlmoeForCausalLM'] },
      /OlmoeForCausalLM .*: it has experts/,
    ],
    [
      'one of which nothing is known',
      { architectures: ['XForCausalLM'] },
      /XForCausalLM is not supported\. Supp/,
    ],
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
      /rope_scaling has the type yarn, .* Where the field was added .* take it out of config\.json/,
    ],
    [
      'a scaling without its factor',
      { rope_scaling: { rope_type: 'linear' } },
      /rope_scaling\.factor is missing/,
    ],
    ['an uneven head size', { hidden_size: 12 }, /head size/],
    ['heads that do not divide', { num_key_value_heads: 3 }, /4 is no multiple of num_key_value_heads 3/],
    [
      'a model type of another architecture',
      { model_type: 'gemma' },
      /model_type is "gemma", and architectures names LlamaForCausalLM\. Expected model_type "llama"/,
    ],
    [
      'a windowed layer of a Llama',
      { layer_types: ['full_attention', 'sliding_attention'] },
      /layer_types is "sliding_attention"/,
    ],
    [
      'a windowed layer where no window is used',
      { architectures: ['Qwen3ForCausalLM'], layer_types: ['full_attention', 'sliding_attention'] },
      /use_sliding_window is false/,
    ],
    [
      'layers of another type',
      { architectures: ['Qwen3ForCausalLM'], layer_types: ['full_attention', 'chunked_attention'] },
      /layer_types is "chunked_attention"/,
    ],
    [
      'too few layers said to be turned',
      { architectures: ['SmolLM3ForCausalLM'], no_rope_layers: [1] },
      /no_rope_layers is \[1\]/,
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

  it('have norms on queries and keys, and norms behind, where the family has', () => {
    const namesOf = (architecture: string) =>
      [...parameterShapes(parse({ architectures: [architecture], num_hidden_layers: 1, head_dim: 8 }))]
        .filter(([name]) => name.includes('layers.0') && name.includes('norm'))
        .map(([name, shape]) => `${name.slice('model.layers.0.'.length, -'.weight'.length)} ${shape}`);
    assert.deepEqual(namesOf('Qwen3ForCausalLM'), [
      ...['input_layernorm 16', 'self_attn.q_norm 8', 'self_attn.k_norm 8', 'post_attention_layernorm 16'],
    ]);
    assert.deepEqual(namesOf('Olmo2ForCausalLM'), [
      ...['post_attention_layernorm 16', 'self_attn.q_norm 32', 'self_attn.k_norm 16'],
      'post_feedforward_layernorm 16',
    ]);
  });

  it('are as many as Qwen3 0.6B and SmolLM3 3B have', () => {
    const qwen3 = parse({
      ...{ architectures: ['Qwen3ForCausalLM'], vocab_size: 151_936, hidden_size: 1024 },
      ...{ intermediate_size: 3072, num_hidden_layers: 28, num_attention_heads: 16, head_dim: 128 },
      ...{ num_key_value_heads: 8, tie_word_embeddings: true },
    });
    assert.equal(countParameters(qwen3), 596_049_920);
    const smollm3 = parse({
      ...{ architectures: ['SmolLM3ForCausalLM'], vocab_size: 128_256, hidden_size: 2048 },
      ...{ intermediate_size: 11_008, num_hidden_layers: 36, num_attention_heads: 16 },
      ...{ num_key_value_heads: 4 },
    });
    assert.equal(countParameters(smollm3), 3_075_098_624);
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
      { architectures: ['MistralForCausalLM'], sliding_window: 16 },
      {
        ...{ architectures: ['Qwen3ForCausalLM'], use_sliding_window: true, sliding_window: 16 },
        ...{ max_window_layers: 1, attention_bias: true },
      },
      { architectures: ['SmolLM3ForCausalLM'], no_rope_layers: [0, 1] },
      {
        ...{ architectures: ['GraniteForCausalLM'], attention_multiplier: 0.5, embedding_multiplier: 2 },
        ...{ residual_multiplier: 0.5, logits_scaling: 4 },
      },
      { architectures: ['Olmo2ForCausalLM'], tie_word_embeddings: true },
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
