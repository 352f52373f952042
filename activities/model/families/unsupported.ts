/** What well-known architectures have that is not computed here, by how their names begin in config.json, or in GGUF files. */
const MISSING: readonly (readonly [name: RegExp, what: string])[] = [
  [/^(U?M?T5|M?Bart|BlenderBot|Pegasus|Marian|LED|ProphetNet)/i, 'an encoder beside its decoder'],
  [/ForConditionalGeneration$/i, 'more than text'],
  [
    /^(Mamba|FalconMamba|FalconH1|Rwkv|Zamba|Bamba|Lfm2|Qwen3Next|GraniteMoeHybrid)/i,
    'layers that are no attention',
  ],
  [/^(Mixtral|\w*Moe|Dbrx|Llama4|DeepseekV[23]|GptOss|Jamba)/i, 'experts'],
  [/^Gemma/i, 'GELU in its feed-forward, and norms that add 1 to their weights'],
  [/^Phi[34]/i, 'queries, keys and values in one matrix, and gate and up in another'],
  [/^(Phi|Cohere)/i, 'LayerNorm, and attention beside its feed-forward'],
  [/^Olmo3/i, 'another rotary embedding in layers with a window than in those without'],
  [/^Olmo/i, 'LayerNorm without weights'],
  [/^(Starcoder2|StableLm)/i, 'LayerNorm in place of RMSNorm'],
  [/^(Glm|ChatGLM)/i, 'a rotary embedding on a part of each head'],
  [/^(GPT2|GPTNeoX|GPTJ|Falcon|Bloom|OPT|Mpt|Nemotron)/i, 'a feed-forward without a gate'],
];

/** What an architecture has that is not computed here; null for one that nothing is known of. */
export function whatIsMissing(architecture: string): string | null {
  const name = architecture.replaceAll('_', '');
  return MISSING.find(([known]) => known.test(name))?.[1] ?? null;
}
