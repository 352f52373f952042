import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { AlpacaError } from '../../errors.ts';
import { type AddedToken, createSectionCutter, type TextRange } from './added-tokens.ts';
import { addedVocabulary } from './added-vocabulary.ts';
import { createMerger } from './byte-pair-merges.ts';
import { createByteDecoder, createDecoder } from './decoder.ts';
import { type SpecialRole, specialToken } from './named-tokens.ts';
import { createPreTokenizer } from './pre-tokenizer.ts';
import { createTextEncoder, type TextEncoder } from './text-encoder.ts';
import { readTokenizerFiles, type TokenizerFiles, usable } from './tokenizer-files.ts';
import { forLibrary } from './tokenizer-support.ts';

interface EncodeOptions {
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
  /**
   * A text without what a post-processor adds, and for each of `places` in it (UTF-16 units, inside the text) the token
   * that holds the character there.
   */
  encodeAt(
    text: string,
    places: readonly number[],
    plain?: readonly TextRange[],
  ): { ids: number[]; tokens: number[] };
  decode(ids: readonly number[], options: { skipSpecialTokens: boolean }): string;
  /** The bytes that one token stands for inside a text, special tokens as they are spelt; none where no token has the id. */
  bytesOf(id: number): Uint8Array;
  /** What is written at the end of a text to have it encoded to `endOfTextId`. */
  readonly endOfText: string;
  readonly endOfTextId: number;
  /** the end-of-text token where the tokenizer has no padding token of its own */
  readonly padId: number;
  readonly beginId: number | null;
  /** the highest id and one: how many embedding rows the tokenizer needs */
  readonly vocabSize: number;
  /** texts that become one id wherever they stand, be it inside a row, and that decoding can leave out */
  readonly specialTokens: readonly string[];
}

/**
 * Reads tokenizer.json of a model folder, and the files beside it that name special tokens.
 *
 * @throws AlpacaError NotFound; InvalidInput where the files are unusable or name no end-of-text token
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  return createTokenizer(await readTokenizerFiles(path), path);
}

/** Every token with its id, added ones included. */
export function readVocabulary(files: TokenizerFiles, path: string): Map<string, number> {
  return usable(path, () => openLibrary(files, tokensOf(files, path), path).get_vocab(true));
}

/** How many embedding rows a vocabulary needs: its highest id and one. */
export function vocabularySize(vocabulary: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const id of vocabulary.values()) size = Math.max(size, id + 1);
  return size;
}

/** Makes a tokenizer of files in memory; `path` is for messages. */
export function createTokenizer(files: TokenizerFiles, path: string): Tokenizer {
  // What the library throws where a part is not as it expects is no defect, but a file that cannot be used.
  return usable(path, () => makeTokenizer(files, path));
}

function makeTokenizer(files: TokenizerFiles, path: string): Tokenizer {
  const added = tokensOf(files, path);
  const library = openLibrary(files, added, path);
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
  if (!added.some(({ content }) => content === endOfText)) {
    throw new AlpacaError(
      'InvalidInput',
      `The tokenizer in ${path} names the end-of-text token ${endOfText} where transformers does not look.`,
      { remedy: 'Name it as eos_token in its tokenizer_config.json.' },
    );
  }
  const vocabSize = vocabularySize(library.get_vocab(true));
  const tokenOf = createTokenSpelling(library, added);
  const decodeIds = createIdDecoder(tokenOf, files, added);
  const bytesOf = createByteDecoder(files.tokenizer.decoder);
  const encoder = createEncoder(library, files, added, path);
  const { before, after } = surroundingIds(library);
  return {
    encode: (text, { addSpecialTokens, plain = [] }) => {
      const ids = usable(path, () => encoder.encode(text, plain));
      return addSpecialTokens ? [...before, ...ids, ...after] : ids;
    },
    encodeAt: (text, places, plain = []) => usable(path, () => encoder.encodeAt(text, plain, places)),
    decode: (ids, { skipSpecialTokens }) => usable(path, () => decodeIds(ids, skipSpecialTokens)),
    bytesOf: (id) => {
      const token = tokenOf(id);
      return token === undefined ? new Uint8Array() : usable(path, () => bytesOf(token));
    },
    endOfText,
    endOfTextId,
    padId: idOf('pad_token') ?? endOfTextId,
    beginId: idOf('bos_token'),
    vocabSize,
    specialTokens: added.filter((token) => token.special).map((token) => token.content),
  };
}

function tokensOf(files: TokenizerFiles, path: string): AddedToken[] {
  return usable(path, () => addedVocabulary(files).tokens);
}

function openLibrary(
  { tokenizer, config }: TokenizerFiles,
  added: readonly AddedToken[],
  path: string,
): HuggingFaceTokenizer {
  return usable(path, () => {
    // It would take additional_special_tokens for special whatever their own flags say.
    const settings = { ...config, additional_special_tokens: [] };
    return new HuggingFaceTokenizer({ ...forLibrary(tokenizer), added_tokens: added }, settings);
  });
}

/** As in the Rust library (0.23) an added token is decoded to what is looked for in a text, its normalized form. */
function createTokenSpelling(
  { model, normalizer }: HuggingFaceTokenizer,
  added: readonly AddedToken[],
): (id: number) => string | undefined {
  const byId = model.vocab.slice();
  for (const { id, content, normalized } of added)
    if (normalized && normalizer) byId[id] = normalizer.normalize(content);
  return (id) => byId[id];
}

/**
 * Ids to text. An id that is no token's is nothing, and an added token is special where its normalized form is.
 * `clean_up_tokenization_spaces` is not looked at, nor is it by `transformers` 5 where the model is BPE.
 */
function createIdDecoder(
  tokenOf: (id: number) => string | undefined,
  { tokenizer }: TokenizerFiles,
  added: readonly AddedToken[],
): (ids: readonly number[], skipSpecialTokens: boolean) => string {
  const decode = createDecoder(tokenizer.decoder) ?? ((tokens) => tokens.join(' '));
  const special = new Set(added.filter((token) => token.special).map(({ content }) => content));
  return (ids, skipSpecialTokens) => {
    const tokens = ids.flatMap((id) => tokenOf(id) ?? []);
    return decode(skipSpecialTokens ? tokens.filter((token) => !special.has(token)) : tokens);
  };
}

function createEncoder(
  library: HuggingFaceTokenizer,
  { tokenizer }: TokenizerFiles,
  added: readonly AddedToken[],
  path: string,
): TextEncoder {
  return usable(path, () => {
    const { model, normalizer } = library;
    const normalize = normalizer && ((text: string) => normalizer.normalize(text));
    return createTextEncoder({
      cutSections: createSectionCutter(added, normalize),
      preTokenization: createPreTokenizer(tokenizer.pre_tokenizer),
      normalize,
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
