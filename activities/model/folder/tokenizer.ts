import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { createSectionCutter, parseAddedTokens, type TextRange } from './added-tokens.ts';
import { createMerger } from './byte-pair-merges.ts';
import { readJsonObject } from './json-file.ts';
import { createPreTokenizer } from './pre-tokenizer.ts';
import { createTextEncoder, type TextEncoder } from './text-encoder.ts';
import { forLibrary } from './tokenizer-support.ts';

export interface EncodeOptions {
  addSpecialTokens: boolean;
  /** parts of the text where what spells a special token is text like any other; elsewhere it is its one id */
  plain?: readonly TextRange[];
}

/**
 * Text to ids and back, equal to what Hugging Face's own tokenizers give for the same folder. What is put
 * around a text is what tokenizer.json says; add_bos_token and add_eos_token of tokenizer_config.json are
 * not looked at, nor are they by `transformers` 5 where there is a tokenizer.json.
 */
export interface Tokenizer {
  /** `addSpecialTokens` adds what the tokenizer's own post-processor does, for Llama the begin token. */
  encode(text: string, options: EncodeOptions): number[];
  decode(ids: readonly number[], options: { skipSpecialTokens: boolean }): string;
  /** The text of one token as the vocabulary holds it. */
  readonly endOfText: string;
  readonly endOfTextId: number;
  /** the end-of-text token where the tokenizer has no padding token of its own */
  readonly padId: number;
  readonly beginId: number | null;
  /** the highest id and one: how many embedding rows the tokenizer needs */
  readonly vocabSize: number;
  /** texts that become one id wherever they stand, be it inside a row */
  readonly specialTokens: readonly string[];
}

/**
 * Reads tokenizer.json, tokenizer_config.json and special_tokens_map.json of a model folder.
 *
 * @throws AlpacaError NotFound; InvalidInput where the files are unusable or name no end-of-text token
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  return createTokenizer(await readTokenizerFiles(path), path);
}

/** The parsed files of a tokenizer. */
export interface TokenizerFiles {
  tokenizer: Record<string, unknown>;
  config: Record<string, unknown>;
  map: Record<string, unknown>;
}

/** tokenizer.json must be there; the two others may be missing. */
export async function readTokenizerFiles(path: string): Promise<TokenizerFiles> {
  return {
    tokenizer: await readJsonObject(join(path, 'tokenizer.json')),
    config: await readJsonObject(join(path, 'tokenizer_config.json'), {}),
    map: await readJsonObject(join(path, 'special_tokens_map.json'), {}),
  };
}

/** Every token with its id, added ones included. */
export function readVocabulary(files: TokenizerFiles, path: string): Map<string, number> {
  return openLibrary(files, path).get_vocab(true);
}

/** How many embedding rows a vocabulary needs: its highest id and one. */
export function vocabularySize(vocabulary: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const id of vocabulary.values()) size = Math.max(size, id + 1);
  return size;
}

/** Makes a tokenizer of files in memory; `path` is for messages. */
export function createTokenizer(files: TokenizerFiles, path: string): Tokenizer {
  const library = openLibrary(files, path);
  const idOf = (role: SpecialRole): number | null => {
    const token = specialToken(files, role);
    return token === null ? null : (library.token_to_id(token) ?? null);
  };
  const endOfText = specialToken(files, 'eos_token');
  const endOfTextId = idOf('eos_token');
  if (endOfText === null || endOfTextId === null) {
    throw new AlpacaError(
      'InvalidInput',
      `The tokenizer in ${path} names no end-of-text token (eos_token).`,
      {
        remedy: 'Add eos_token to its tokenizer_config.json.',
      },
    );
  }
  const cleanUp = files.config.clean_up_tokenization_spaces === true;
  const encodeText = createEncoder(library, files, path);
  const { before, after } = surroundingIds(library);
  return {
    encode: (text, { addSpecialTokens, plain = [] }) => {
      const ids = encodeText(text, plain);
      return addSpecialTokens ? [...before, ...ids, ...after] : ids;
    },
    decode: (tokens, { skipSpecialTokens }) =>
      tokens.length === 0
        ? ''
        : library.decode([...tokens], {
            skip_special_tokens: skipSpecialTokens,
            clean_up_tokenization_spaces: cleanUp,
          }),
    endOfText,
    endOfTextId,
    padId: idOf('pad_token') ?? endOfTextId,
    beginId: idOf('bos_token'),
    vocabSize: vocabularySize(library.get_vocab(true)),
    specialTokens: [...library.get_added_tokens_decoder().values()]
      .filter((token) => token.special)
      .map((token) => token.content),
  };
}

export type SpecialRole = 'bos_token' | 'eos_token' | 'unk_token' | 'pad_token';

/** What a tokenizer names for a role, in either of the two files that may say it; null for nothing. */
export function specialToken({ config, map }: TokenizerFiles, role: SpecialRole): string | null {
  for (const value of [config[role], map[role]]) {
    const checked = namedToken.safeParse(value);
    if (checked.success) return typeof checked.data === 'string' ? checked.data : checked.data.content;
  }
  return null;
}

const namedToken = z.union([z.string().min(1), z.looseObject({ content: z.string().min(1) })]);

function openLibrary({ tokenizer, config }: TokenizerFiles, path: string): HuggingFaceTokenizer {
  return usable(path, () => new HuggingFaceTokenizer(forLibrary(tokenizer), config));
}

function createEncoder(library: HuggingFaceTokenizer, { tokenizer }: TokenizerFiles, path: string) {
  return usable(path, (): TextEncoder => {
    const { model, normalizer } = library;
    const cutSections = createSectionCutter(
      parseAddedTokens(tokenizer.added_tokens),
      normalizer && ((text) => normalizer.normalize(text)),
    );
    return createTextEncoder(cutSections, createPreTokenizer(tokenizer.pre_tokenizer), {
      merge: createMerger(tokenizer.model),
      model,
    });
  });
}

/** What the post-processor puts before and after the ids of a text. */
function surroundingIds({
  post_processor,
  model,
}: HuggingFaceTokenizer): Record<'before' | 'after', number[]> {
  const TEXT = '';
  const tokens = post_processor?.post_process([TEXT], null, true).tokens ?? [TEXT];
  const idsOf = (some: string[]) =>
    some.map((token) => model.tokens_to_ids.get(token)).filter((id) => id !== undefined);
  const place = tokens.indexOf(TEXT);
  return { before: idsOf(tokens.slice(0, place)), after: idsOf(tokens.slice(place + 1)) };
}

function usable<Result>(path: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    throw new AlpacaError('InvalidInput', `The tokenizer in ${path} cannot be used: ${reasonOf(error)}.`, {
      remedy: 'Check tokenizer.json, or use another base model.',
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return (error as Error).message;
  const [issue] = error.issues;
  return `${issue?.path.join('.')}: ${issue?.message}`;
}
