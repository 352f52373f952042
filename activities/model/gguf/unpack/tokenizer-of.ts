import { toJson } from '../../folder/json-file.ts';
import { badGguf } from '../format.ts';
import { KNOWN_NAMES, type NamedPreTokenizer, preTokenizerNamed } from '../pre-tokenizers.ts';
import { PROMPT_TEMPLATE_KEY, ROLE_KEYS, TOKEN_KINDS } from '../vocabulary.ts';
import type { MetadataReader } from './metadata-reader.ts';

/**
 * The files of a tokenizer, and of how the model is asked and ends, by their names.
 *
 * @throws AlpacaError InvalidInput for a kind of tokenizer or a pre-tokenizer that is not known here
 */
export function tokenizerFilesOf(reader: MetadataReader): Map<string, string> {
  const model = reader.text('tokenizer.ggml.model');
  const USE = 'Use the Hugging Face folder that the file was made from.';
  if (model !== 'gpt2')
    throw badGguf(reader.path, `its tokenizer is of the kind ${model}, and gpt2 is read`, USE);
  const pre = reader.textOr('tokenizer.ggml.pre', 'default');
  const named = preTokenizerNamed(pre);
  if (named === null)
    throw badGguf(
      reader.path,
      `its pre-tokenizer ${pre} is not known here; known are ${KNOWN_NAMES.join(', ')}`,
      USE,
    );
  const tokens = reader.texts('tokenizer.ggml.tokens');
  const roles = rolesOf(reader, tokens);
  const end = reader.numberOr('tokenizer.ggml.eos_token_id', null);
  const turn = reader.numberOr('tokenizer.ggml.eot_token_id', null);
  const ends = [...new Set([end, turn].filter((id) => id !== null))];
  const template = reader.textOr('tokenizer.chat_template', null);
  const promptTemplate = reader.textOr(PROMPT_TEMPLATE_KEY, null);
  return new Map([
    ['tokenizer.json', toJson(tokenizerJson(reader, tokens, named))],
    [
      'tokenizer_config.json',
      toJson({
        ...roles,
        clean_up_tokenization_spaces: false,
        tokenizer_class: 'PreTrainedTokenizerFast',
        ...(template !== null && { chat_template: template }),
      }),
    ],
    ...(ends.length > 0
      ? ([['generation_config.json', toJson({ eos_token_id: ends.length === 1 ? ends[0] : ends })]] as const)
      : []),
    ...(template !== null ? ([['chat_template.jinja', template]] as const) : []),
    ...(promptTemplate !== null ? ([['prompt_template.json', promptTemplate]] as const) : []),
  ]);
}

// details -----------------------------------------------------------------------------------------------
function rolesOf(reader: MetadataReader, tokens: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    ROLE_KEYS.flatMap(([role, key]) => {
      const token = tokens[reader.numberOr(key, null) ?? -1];
      return token === undefined ? [] : [[role, token]];
    }),
  );
}

function tokenizerJson(
  reader: MetadataReader,
  tokens: readonly string[],
  named: NamedPreTokenizer,
): Record<string, unknown> {
  const kinds = reader.numbers('tokenizer.ggml.token_type');
  const isNormal = (id: number) => kinds[id] === TOKEN_KINDS.normal;
  const lastNormal = tokens.findLastIndex((_, id) => isNormal(id));
  const vocab = new Map<string, number>();
  const added: Record<string, unknown>[] = [];
  for (const [id, token] of tokens.entries()) {
    if (kinds[id] === TOKEN_KINDS.unused) continue;
    if (!isNormal(id))
      added.push({
        ...{ id, content: token, single_word: false, lstrip: false, rstrip: false },
        ...{ normalized: false, special: kinds[id] !== TOKEN_KINDS.userDefined },
      });
    // A library numbers added tokens by itself that no vocabulary has: behind the others, in order.
    if (!isNormal(id) && id > lastNormal) continue;
    if (vocab.has(token)) throw badGguf(reader.path, `its token ${JSON.stringify(token)} has two ids`);
    vocab.set(token, id);
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: named.normalizer,
    pre_tokenizer: named.preTokenizer,
    post_processor: surroundings(reader, tokens, named),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: named.ignoreMerges,
      vocab: Object.fromEntries(vocab),
      merges: reader.texts('tokenizer.ggml.merges'),
    },
  };
}

/** What is put around a text: a begin token, an end token, both or nothing. */
function surroundings(
  reader: MetadataReader,
  tokens: readonly string[],
  named: NamedPreTokenizer,
): Record<string, unknown> | null {
  const wanted = (flag: string, byDefault: boolean, key: string) => {
    const id = reader.numberOr(key, null);
    const token = tokens[id ?? -1];
    if (id === null || token === undefined || !reader.flagOr(flag, byDefault)) return [];
    return [{ id, token }];
  };
  const begin = wanted('tokenizer.ggml.add_bos_token', named.addsBegin, 'tokenizer.ggml.bos_token_id');
  const end = wanted('tokenizer.ggml.add_eos_token', false, 'tokenizer.ggml.eos_token_id');
  if (begin.length + end.length === 0) return null;
  const around = (sequence: 'A' | 'B', type_id: number) => {
    const special = ({ token }: { token: string }) => ({ SpecialToken: { id: token, type_id } });
    return [...begin.map(special), { Sequence: { id: sequence, type_id } }, ...end.map(special)];
  };
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(
      [...begin, ...end].map(({ id, token }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
}
