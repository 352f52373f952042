import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { addedVocabulary } from '../tokenizer/added-vocabulary.ts';
import { type SpecialRole, specialToken } from '../tokenizer/named-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type TokenizerFiles, usable } from '../tokenizer/tokenizer-files.ts';
import { preTokenizerLike } from './pre-tokenizers.ts';
import type { TypedValue } from './write-file.ts';

/** llama.cpp's kinds of tokens. */
export const TOKEN_KINDS = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const;

export const ROLE_KEYS: readonly (readonly [SpecialRole, string])[] = [
  ['bos_token', 'tokenizer.ggml.bos_token_id'],
  ['eos_token', 'tokenizer.ggml.eos_token_id'],
  ['unk_token', 'tokenizer.ggml.unknown_token_id'],
  ['pad_token', 'tokenizer.ggml.padding_token_id'],
];

/** A key of our own: the text of prompt_template.json, by which a folder says what it was taught. */
export const PROMPT_TEMPLATE_KEY = 'alpaca.prompt_template';

/**
 * A tokenizer as llama.cpp takes it: tokens by id, their kinds, merges, special ids, and the name of how text is cut.
 *
 * @param rows of the embedding: ids that no token has are filled up to these
 * @param path for messages
 * @throws AlpacaError InvalidInput where llama.cpp would give other ids: no name for the pre-tokenizer, a part that it
 *   has not
 */
export function vocabularyMetadata(
  { files, tokenizer }: { files: TokenizerFiles; tokenizer: Tokenizer },
  rows: number,
  path: string,
): Map<string, TypedValue> {
  const { vocab, merges, ignore_merges, byte_fallback } = bytePairs.parse(files.tokenizer.model);
  const named = preTokenizerLike({
    pre_tokenizer: files.tokenizer.pre_tokenizer,
    ignoreMerges: ignore_merges ?? false,
  });
  if (named === null || byte_fallback)
    throw unknown(path, 'it has no name for how its pre-tokenizer cuts text');
  if (!NORMALIZERS.includes(typeOf(files.tokenizer.normalizer)))
    throw unknown(path, `it has no normalizer ${typeOf(files.tokenizer.normalizer)}`);
  const { tokens: added } = usable(path, () => addedVocabulary(files));
  const vocabulary = new Map(Object.entries(vocab));
  for (const { content, id } of added) vocabulary.set(content, id);
  const odd = added.find(({ single_word, lstrip, rstrip }) => single_word || lstrip || rstrip);
  if (odd) throw unknown(path, `it has no token that takes the spaces beside it, as ${odd.content} does`);
  const { texts, kinds } = byId(vocabulary, rows, path);
  for (const { id, special } of added) kinds[id] = special ? TOKEN_KINDS.control : TOKEN_KINDS.userDefined;
  const { addsBegin, addsEnd } = surroundings(tokenizer, path);
  const ids = ROLE_KEYS.flatMap(([role, key]): [string, TypedValue][] => {
    const id = vocabulary.get(specialToken(files, role) ?? '');
    return id === undefined ? [] : [[key, { type: 'uint32', value: id }]];
  });
  return new Map<string, TypedValue>([
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: named.name }],
    ['tokenizer.ggml.tokens', { type: 'strings', values: texts }],
    ['tokenizer.ggml.token_type', { type: 'int32s', values: kinds }],
    [
      'tokenizer.ggml.merges',
      {
        type: 'strings',
        values: merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
      },
    ],
    ...ids,
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: addsBegin }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: addsEnd }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: false }],
  ]);
}

// details -----------------------------------------------------------------------------------------------
/** llama.cpp normalizes nothing; of a text that is in NFC, as nearly all are, neither does Qwen's. */
const NORMALIZERS = ['none', 'NFC'];

const bytePairs = z.looseObject({
  // What each holds is looked at where the tokenizer is opened.
  vocab: z.custom<Record<string, number>>((value) => typeof value === 'object' && value !== null),
  merges: z.custom<(string | [string, string])[]>(Array.isArray),
  ignore_merges: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
});

function typeOf(part: unknown): string {
  return z.looseObject({ type: z.string() }).safeParse(part).data?.type ?? 'none';
}

/** llama.cpp takes no name twice, and no gap. */
function byId(
  vocabulary: ReadonlyMap<string, number>,
  rows: number,
  path: string,
): { texts: string[]; kinds: number[] } {
  const texts: string[] = new Array(rows);
  const kinds: number[] = new Array(rows).fill(TOKEN_KINDS.normal);
  for (const [text, id] of vocabulary) {
    if (id >= rows) throw unknown(path, `the embedding has no row for ${JSON.stringify(text)}`);
    texts[id] = text;
  }
  for (let id = 0; id < rows; id += 1) {
    if (texts[id] !== undefined) continue;
    kinds[id] = TOKEN_KINDS.unused;
    let filler = `[PAD${id}]`;
    while (vocabulary.has(filler)) filler = `[${filler}]`;
    texts[id] = filler;
  }
  return { texts, kinds };
}

/** What the tokenizer puts around a text. */
function surroundings(
  { encode, beginId, endOfTextId }: Tokenizer,
  path: string,
): { addsBegin: boolean; addsEnd: boolean } {
  const bare = encode('a', { addSpecialTokens: false }).join();
  const framed = encode('a', { addSpecialTokens: true }).join();
  for (const addsBegin of [false, true])
    for (const addsEnd of [false, true]) {
      const parts = [addsBegin ? beginId : null, bare, addsEnd ? endOfTextId : null];
      if (parts.filter((part) => part !== null).join() === framed) return { addsBegin, addsEnd };
    }
  throw unknown(path, 'its post-processor puts more around a text than a begin and an end token');
}

function unknown(path: string, why: string): AlpacaError {
  return new AlpacaError('InvalidInput', `llama.cpp cannot take the tokenizer of ${path}: ${why}.`, {
    remedy: 'Use the model as a Hugging Face folder, which transformers and vLLM open.',
  });
}
