/** What well-known architectures have that is not computed here, by how their names in config.json begin. */
const MISSING: readonly (readonly [name: RegExp, what: string])[] = [
  [/ForConditionalGeneration$/, 'more than text'],
  [/^(Mixtral|\w*Moe|Dbrx|Llama4|DeepseekV[23]|GptOss|Jamba)/i, 'experts'],
  [/^Gemma/, 'GELU in its feed-forward, and norms that add 1 to their weights'],
  [/^Phi[34]/, 'queries, keys and values in one matrix, and gate and up in another'],
  [/^(Phi|Cohere)/, 'LayerNorm, and attention beside its feed-forward'],
  [/^Olmo3/, 'another rotary embedding in layers with a window than in those without'],
  [/^Olmo/, 'LayerNorm without weights'],
  [/^(Starcoder2|StableLm)/, 'LayerNorm in place of RMSNorm'],
  [/^(Glm|ChatGLM)/, 'a rotary embedding on a part of each head'],
  [/^(GPT2|GPTNeoX|GPTJ|Falcon|Bloom|OPT|Mpt|Nemotron)/, 'a feed-forward without a gate'],
  [/^(Mamba|FalconMamba|Rwkv|Zamba|Bamba|Lfm2|Qwen3Next|GraniteMoeHybrid)/, 'layers that are no attention'],
];

/** What an architecture has that is not computed here; null for one that nothing is known of. */
export function whatIsMissing(architecture: string): string | null {
  return MISSING.find(([name]) => name.test(architecture))?.[1] ?? null;
}
