import { preTokenizerParts } from '../tokenizer/pre-tokenizer.ts';

/** A way of cutting text that llama.cpp knows by name. */
export interface NamedPreTokenizer {
  /** what tokenizer.ggml.pre says */
  name: string;
  /** names that cut in the same way, where files are read */
  alsoNamed: readonly string[];
  /** as tokenizer.json writes it */
  preTokenizer: Record<string, unknown>;
  /** whole pieces that the vocabulary has are taken as they are, before any merge */
  ignoreMerges: boolean;
  /** a begin token is put before a text, where a file says nothing of it */
  addsBegin: boolean;
  normalizer: Record<string, unknown> | null;
}

/** Contractions, words and spaces, as most tokenizers since GPT-4 cut; they differ in how long a number may be. */
const words = (number: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${number}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** Mistral's since Nemo: words by upper and lower case. */
const TEKKEN = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const byteLevel = (useRegex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const inTurn = (...pretokenizers: Record<string, unknown>[]) => ({ type: 'Sequence', pretokenizers });

const splitBy = (Regex: string) =>
  inTurn({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }, byteLevel(false));

const PLAIN = { alsoNamed: [], ignoreMerges: false, addsBegin: false, normalizer: null };

/** Those of the families that are read here; llama.cpp's own list is in its src/llama-vocab.cpp. */
const KNOWN: readonly NamedPreTokenizer[] = [
  {
    ...PLAIN,
    name: 'smollm',
    alsoNamed: ['starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b'],
    preTokenizer: inTurn({ type: 'Digits', individual_digits: true }, byteLevel(true)),
  },
  {
    ...PLAIN,
    name: 'llama-bpe',
    alsoNamed: ['llama3', 'llama-v3', 'falcon3', 'lfm2', 'pixtral'],
    preTokenizer: splitBy(words(String.raw`\p{N}{1,3}`)),
    ignoreMerges: true,
    addsBegin: true,
  },
  {
    ...PLAIN,
    name: 'smaug-bpe',
    alsoNamed: ['dbrx'],
    preTokenizer: splitBy(words(String.raw`\p{N}{1,3}`)),
  },
  {
    ...PLAIN,
    name: 'qwen2',
    alsoNamed: ['deepseek-r1-qwen', 'stablelm2', 'megrez', 'hunyuan'],
    preTokenizer: splitBy(words(String.raw`\p{N}`)),
    normalizer: { type: 'NFC' },
  },
  { ...PLAIN, name: 'tekken', preTokenizer: splitBy(TEKKEN), ignoreMerges: true, addsBegin: true },
  {
    ...PLAIN,
    name: 'gpt-2',
    alsoNamed: ['phi-2', 'olmo', 'mpt', 'jais', 'exaone4', 'trillion', 'granite-docling'],
    preTokenizer: byteLevel(true),
  },
];

/** The names that files may have for a pre-tokenizer. */
export const KNOWN_NAMES = KNOWN.flatMap(({ name, alsoNamed }) => [name, ...alsoNamed]);

export function preTokenizerNamed(name: string): NamedPreTokenizer | null {
  return KNOWN.find((known) => known.name === name || known.alsoNamed.includes(name)) ?? null;
}

/** The one that cuts as a tokenizer.json says; null where llama.cpp has no name for that. */
export function preTokenizerLike(tokenizer: {
  pre_tokenizer?: unknown;
  ignoreMerges: boolean;
}): NamedPreTokenizer | null {
  const wanted = formOf(tokenizer.pre_tokenizer);
  return (
    KNOWN.find(
      ({ preTokenizer, ignoreMerges }) =>
        formOf(preTokenizer) === wanted && ignoreMerges === tokenizer.ignoreMerges,
    ) ?? null
  );
}

/** Equal for pre-tokenizers that cut alike; where offsets point to changes nothing of that. */
function formOf(preTokenizer: unknown): string {
  return JSON.stringify(
    preTokenizerParts(preTokenizer).map((part) =>
      Object.entries(part)
        .filter(([field]) => field !== 'trim_offsets')
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  );
}
