/** What a model folder holds beside config and weights, in any of the forms that tokenizers come in. */
export const COMPANIONS: readonly string[] = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'generation_config.json',
  'prompt_template.json',
];

const OTHERS: readonly string[] = [
  'config.json',
  'adapter_config.json',
  'model.safetensors.index.json',
  'initialize-weights',
  'untrained_tokens.json',
];

/** Weights, and what tells people of the model. */
const PATTERNS = /^[^/\\]+\.safetensors$|^(README|LICENSE|LICENCE|NOTICE|USE_POLICY)[^/\\]*$/i;

/** True for the name of a file that a model's or an adapter's folder has; all else in one is left where it is. */
export function isModelFile(name: string): boolean {
  return COMPANIONS.includes(name) || OTHERS.includes(name) || PATTERNS.test(name);
}
