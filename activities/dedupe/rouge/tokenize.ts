import type { Tokenization } from '../../../workflows/contracts/run.ts';

export type RougeTokenizer = (text: string) => string[];

export function tokenizerFor(tokenization: Tokenization): RougeTokenizer {
  return TOKENIZERS[tokenization];
}

const TOKENIZERS: Readonly<Record<Tokenization, RougeTokenizer>> = {
  rouge: (text) => tokenizeRouge(text),
  unicode: (text) => tokenizeUnicode(text),
  'syllable-pairs': (text) => tokenizeSyllablePairs(text),
};

/**
 * The `rouge_score` package's default tokenizer without its stemmer: lower-cased runs of a-z0-9, everything
 * else a separator. A text in another script has no tokens and so resembles nothing.
 *
 * Lower-casing comes first, as there: U+212A (Kelvin) becomes `k`, and U+0130 becomes `i` and a combining
 * dot that separates. JavaScript and Python use the same Unicode mappings for every character whose lower
 * case holds an ASCII one.
 */
export function tokenizeRouge(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/**
 * Whether the reference sees what a text says: not where most of its words, as `unicode` has them, have no token there,
 * be there a number or a name among them. A text without words is seen by neither, and counts as seen.
 */
export function isSeenByRouge(text: string): boolean {
  // What follows would come to the same, and takes a hundred times as long.
  if (/^[\0-\x7f]*$/.test(text)) return true;
  const words = wordsOf(text.toLowerCase());
  const unseen = words.filter((word) => !/[a-z0-9]/.test(word));
  return unseen.length * 2 <= words.length;
}

/**
 * For other scripts: NFKC, lower case, then the words of Unicode's text segmentation (UAX 29). Scripts
 * written without spaces between words (Han, kana, Thai, Lao, Khmer, Burmese and the like) are split into their
 * user-perceived characters, because word segmentation there follows a dictionary that differs from one
 * ICU version to the next, and a score must not. Hangul is written with spaces and keeps its words.
 */
export function tokenizeUnicode(text: string): string[] {
  return wordsOf(text.normalize('NFKC').toLowerCase());
}

/**
 * For Korean, where a word carries its particles and endings and its spaces are often left out: the words of `unicode`, each in
 * Hangul cut into its first syllable and the pairs of neighbouring ones. A particle more or another ending changes one or two tokens of a word, and not
 * the word; a space, one. Without any analysis of morphemes.
 */
export function tokenizeSyllablePairs(text: string): string[] {
  return tokenizeUnicode(text).flatMap((word) => {
    if (!HANGUL.test(word)) return [word];
    const syllables = [...word];
    return syllables.map((syllable, index) => (syllables[index - 1] ?? ' ') + syllable);
  });
}

const HANGUL = /\p{Script=Hangul}/u;

function wordsOf(text: string): string[] {
  const tokens: string[] = [];
  segmenters ??= {
    words: new Intl.Segmenter('und', { granularity: 'word' }),
    characters: new Intl.Segmenter('und', { granularity: 'grapheme' }),
  };
  const { words, characters } = segmenters;
  for (const { segment, isWordLike } of words.segment(text)) {
    if (WITHOUT_SPACES.test(segment)) {
      for (const character of characters.segment(segment)) tokens.push(character.segment);
    } else if (isWordLike) tokens.push(segment);
  }
  return tokens;
}

/** Made when first needed: they take longer to load than a thousand English rows to tokenize. */
let segmenters: { words: Intl.Segmenter; characters: Intl.Segmenter } | undefined;
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Tai_Tham}\p{Script=New_Tai_Lue}\p{Script=Tai_Viet}\p{Script=Javanese}\p{Script=Balinese}]/u;
