/**
 * What is used of the library. Its own declarations (0.2.0) import each other without file extensions, which
 * TypeScript does not follow in an ES module: all that it declares would come out as `any`.
 */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    constructor(tokenizer: object, config: object);
    readonly normalizer: { normalize(text: string): string } | null;
    readonly model: TokenizerModel;
    readonly post_processor: {
      post_process(tokens: string[], pair: string[] | null, addSpecialTokens: boolean): { tokens: string[] };
    } | null;
    encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
    token_to_id(token: string): number | undefined;
    get_added_tokens_decoder(): Map<number, { content: string; special: boolean }>;
    get_vocab(withAddedTokens: boolean): Map<string, number>;
  }

  export interface TokenizerModel {
    /** The tokens of pieces; neighbouring unknown ones fused where the model says so. */
    (pieces: string[]): string[];
    readonly tokens_to_ids: Map<string, number>;
    /** by id, for decoding */
    readonly vocab: string[];
    readonly unk_token_id: number | undefined;
    /** Pieces of so many characters and more are not remembered by a BPE model. */
    max_length_to_cache: number;
  }

  export class SplitPreTokenizer {
    constructor(config: { type: 'Split'; pattern: object; behavior: string; invert: boolean });
    /** The regular expression as JavaScript writes it, with the flags `gu`. */
    readonly pattern: RegExp | null;
  }

  export class ByteLevelPreTokenizer {
    constructor(config: { type: 'ByteLevel'; add_prefix_space: boolean; use_regex: boolean });
    pre_tokenize_text(text: string): string[];
  }
}
