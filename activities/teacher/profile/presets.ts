import { z } from 'zod';

/**
 * What a profile of a known endpoint has by default: where it is, which variable its key is in by custom, and what of
 * the recipe's parameters it does not take. Keys and models are never in it. Sources of each: docs/teachers.md.
 */
const FREE = { price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } };
/** Models of their own, so token 50256 is another; legacy completions of one prompt a request. */
const OWN_MODELS = { supportsLogitBias: false, supportsPromptList: false };

const PRESETS = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    apiKeyVariable: 'OPENAI_API_KEY',
    maxTokensParameter: 'max_completion_tokens',
  },
  azure: {
    apiKeyVariable: 'AZURE_OPENAI_API_KEY',
    apiKeyHeader: 'api-key',
    maxTokensParameter: 'max_completion_tokens',
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    apiKeyVariable: 'OPENROUTER_API_KEY',
    ...OWN_MODELS,
  },
  mistral: { baseUrl: 'https://api.mistral.ai/v1', apiKeyVariable: 'MISTRAL_API_KEY', ...OWN_MODELS },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    apiKeyVariable: 'GEMINI_API_KEY',
    ...OWN_MODELS,
  },
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    apiKeyVariable: 'GROQ_API_KEY',
    maxTokensParameter: 'max_completion_tokens',
    ...OWN_MODELS,
  },
  deepseek: { baseUrl: 'https://api.deepseek.com/v1', apiKeyVariable: 'DEEPSEEK_API_KEY', ...OWN_MODELS },
  vllm: { baseUrl: 'http://127.0.0.1:8000/v1', supportsLogitBias: false, ...FREE },
  sglang: { baseUrl: 'http://127.0.0.1:30000/v1', supportsLogitBias: false, ...FREE },
  tgi: { baseUrl: 'http://127.0.0.1:8080/v1', supportsTopP: false, ...OWN_MODELS, ...FREE },
  'llama.cpp': { baseUrl: 'http://127.0.0.1:8080/v1', ...OWN_MODELS, ...FREE },
  ollama: { baseUrl: 'http://127.0.0.1:11434/v1', ...OWN_MODELS, ...FREE },
  lmstudio: { baseUrl: 'http://127.0.0.1:1234/v1', ...OWN_MODELS, ...FREE },
} as const satisfies Record<string, object>;

export type PresetName = keyof typeof PRESETS;
export const presetName = z.enum(Object.keys(PRESETS) as [PresetName, ...PresetName[]]);

const named = z.looseObject({
  preset: presetName,
  baseUrl: z.unknown().optional(),
  apiKeyVariable: z.unknown().optional(),
});
const byName = z.record(z.string(), z.unknown());

/** A file of profiles, each that names a preset with its fields beneath its own; what is no such file stays as it is. */
export function withPresets(file: unknown): unknown {
  const profiles = byName.safeParse(file);
  if (!profiles.success) return file;
  return Object.fromEntries(
    Object.entries(profiles.data).map(([name, fields]) => {
      const checked = named.safeParse(fields);
      return [name, checked.success ? { ...defaultsOf(checked.data), ...checked.data } : fields];
    }),
  );
}

/** Servers of one's own are free; what wants a key, or is asked by https, may be a provider's, and states its price. */
function defaultsOf({ preset, baseUrl, apiKeyVariable }: z.infer<typeof named>): object {
  const isElsewhere = Boolean(apiKeyVariable) || /^https:/i.test(String(baseUrl ?? ''));
  return { ...PRESETS[preset], ...(isElsewhere ? { price: null } : {}) };
}
