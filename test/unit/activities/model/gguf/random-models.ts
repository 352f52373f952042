import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { type LlamaConfig, parseConfig } from '../../../../../activities/model/folder/config.ts';
import { initializeWeights } from '../../../../../activities/model/folder/initialize.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import { writeModel } from '../../../../../activities/model/folder/write-model.ts';
import { exportGguf, type GgufExport } from '../../../../../activities/model/gguf/export-gguf.ts';
import { createTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../../../../activities/model/tokenizer/tokenizer-files.ts';
import { PhiloxStream } from '../../../../../activities/philox.ts';

const LLAMA = {
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: 3072, hidden_size: 64 },
  ...{ intermediate_size: 96, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2 },
  ...{ head_dim: 32, max_position_embeddings: 512, rms_norm_eps: 1e-5, rope_theta: 10_000 },
  tie_word_embeddings: true,
};

/** config.json of each kind of model that is exported, of two layers or four. */
export const KINDS: Readonly<Record<string, Record<string, unknown>>> = {
  llama: LLAMA,
  'llama with an untied head': { ...LLAMA, tie_word_embeddings: false },
  'llama with biases': { ...LLAMA, attention_bias: true, mlp_bias: true },
  'llama with linear scaling': { ...LLAMA, rope_scaling: { rope_type: 'linear', factor: 4 } },
  'llama 3.1': {
    ...{ ...LLAMA, rope_theta: 500_000, max_position_embeddings: 32_768 },
    rope_scaling: {
      ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
      original_max_position_embeddings: 8192,
    },
  },
  mistral: {
    ...{ ...LLAMA, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: null },
  },
  qwen2: {
    ...{ ...LLAMA, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', rope_theta: 1e6 },
    ...{ use_sliding_window: false, hidden_size: 128 },
  },
  'mistral with a window': {
    ...{ ...LLAMA, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 256 },
  },
  qwen3: { ...LLAMA, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' },
  smollm3: {
    ...{ ...LLAMA, architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3', num_hidden_layers: 4 },
  },
  granite: {
    ...{ ...LLAMA, architectures: ['GraniteForCausalLM'], model_type: 'granite', embedding_multiplier: 3 },
    ...{ attention_multiplier: 0.1, residual_multiplier: 0.6, logits_scaling: 2 },
  },
  olmo2: {
    ...{ ...LLAMA, architectures: ['Olmo2ForCausalLM'], model_type: 'olmo2', hidden_size: 128 },
    tie_word_embeddings: false,
  },
};

/** Exports a folder as `exportGguf` does, with its own tokenizer. */
export async function exportFolder(
  given: Pick<GgufExport, 'folder' | 'path' | 'form' | 'chatTemplate'>,
): Promise<void> {
  const files = await readTokenizerFiles(given.folder);
  const tokenizer = createTokenizer(files, given.folder);
  await exportGguf({ ...given, name: 'tiny', promptTemplate: null, files, tokenizer });
}

export interface RandomModel {
  config: LlamaConfig;
  weights: Map<string, Weight>;
}

/** Writes a model of a kind with weights of which none is 0 or 1, and the tokenizer of the tiny model. */
export async function writeRandomModel(folder: string, kind: string): Promise<RandomModel> {
  const fields = KINDS[kind] ?? {};
  const config = parseConfig(fields, kind);
  const weights = initializeWeights(config, 7, 0.15);
  for (const [i, { shape, data }] of [...weights.values()].entries()) {
    if (shape.length > 1) continue;
    const stream = new PhiloxStream(7, 'initialize', 1000 + i);
    for (let at = 0; at < data.length; at += 1) data[at] = (data[at] ?? 0) + 0.2 * stream.nextNormal();
  }
  await writeModel(folder, { config, weights, from: builtinPath('tiny-model', 'en'), fields });
  return { config, weights };
}
