import { z } from 'zod';

/**
 * Gives the parts of a tokenizer.json that the library is trusted with, in a form in which
 * `@huggingface/tokenizers` 0.2.0 agrees with the Rust library. Refused by name is what it would do
 * otherwise and what cannot be said in another way; cutting text into pieces is done in pre-tokenizer.ts, putting
 * tokens together again in decoder.ts.
 *
 * @throws Error naming the part
 */
export function forLibrary(tokenizer: Record<string, unknown>): Record<string, unknown> {
  return {
    ...tokenizer,
    added_tokens: tokenizer.added_tokens ?? [],
    normalizer: forNormalizer(tokenizer.normalizer ?? null),
    pre_tokenizer: null,
    model: checkModel(tokenizer.model),
    post_processor: tokenizer.post_processor ?? null,
    decoder: null,
  };
}

const typed = z.looseObject({ type: z.string() });

/** The forms and replacements agree. Lower-casing differs for the last sigma of a Greek word, among others. */
const AGREEING = ['NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents', 'Prepend', 'Replace'];

function forNormalizer(value: unknown): Record<string, unknown> | null {
  if (value === null) return null;
  const { type, ...rest } = typed.parse(value);
  if (type === 'Sequence') {
    const { normalizers } = z.object({ normalizers: z.array(z.unknown()) }).parse(rest);
    return { type, normalizers: normalizers.map(forNormalizer) };
  }
  if (type === 'Strip') return forStrip(rest);
  if (!AGREEING.includes(type)) throw new Error(`its normalizer ${type} is not supported`);
  return { type, ...rest };
}

/** JavaScript's own trimming takes a byte order mark for a space. */
function forStrip(rest: unknown): Record<string, unknown> {
  const sides = z.object({ strip_left: z.boolean().default(true), strip_right: z.boolean().default(true) });
  const { strip_left, strip_right } = sides.parse(rest);
  const expressions = [...(strip_left ? ['\\A\\s+'] : []), ...(strip_right ? ['\\s+\\z'] : [])];
  return {
    type: 'Sequence',
    normalizers: expressions.map((Regex) => ({ type: 'Replace', pattern: { Regex }, content: '' })),
  };
}

const bytePairModel = z.looseObject({
  type: z.literal('BPE').optional(),
  // A million entries, one by one through a schema of their own, would take seconds.
  vocab: z.custom<Record<string, number>>(isVocabulary, 'expected ids by token'),
  merges: z.custom<(string | [string, string])[]>(isMerges, 'expected pairs of tokens'),
  dropout: z.number().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  unk_token: z.string().nullish(),
  byte_fallback: z.boolean().nullish(),
});

function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((id) => Number.isSafeInteger(id) && id >= 0);
}

function isMerges(value: unknown): boolean {
  const isToken = (part: unknown) => typeof part === 'string';
  const isMerge = (merge: unknown) =>
    isToken(merge) || (Array.isArray(merge) && merge.length === 2 && merge.every(isToken));
  return Array.isArray(value) && value.every(isMerge);
}

function checkModel(value: unknown): Record<string, unknown> {
  const { type } = z.looseObject({ type: z.string().optional() }).parse(value ?? {});
  if (type !== undefined && type !== 'BPE')
    throw new Error(`its model ${type} is not supported; Llama and its kin have BPE`);
  const model = bytePairModel.parse(value);
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'] as const)
    if (model[name]) throw new Error(`its model's ${name} is not supported`);
  return { ...model, type: 'BPE' };
}
