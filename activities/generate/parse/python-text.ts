/**
 * Python's rules for text where they differ from JavaScript's, so that parsing and filtering decide as the
 * original program did. Python 3: `str.isspace`, `str.strip`, `str.split`, and `\s`, `\w`, `\b` of `re`.
 */

/** The inside of a character class: Python's `\s` on text. Unlike JavaScript's it has U+001C to U+001F and U+0085, and not U+FEFF. */
export const WHITESPACE =
  '\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const ONE_WHITESPACE = new RegExp(`[${WHITESPACE}]`);
const WHITESPACE_RUN = new RegExp(`[${WHITESPACE}]+`, 'g');

/** Python's `\w`, and so the two sides of its `\b`: letters and numbers of any script, and the underscore. */
const WORD_CHARACTER = '[\\p{L}\\p{N}_]';

/** `text.strip()` */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ONE_WHITESPACE.test(text.charAt(start))) start += 1;
  while (end > start && ONE_WHITESPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** `text.split()`: the words between runs of whitespace; none for a blank text. */
export function splitWords(text: string): string[] {
  const stripped = strip(text);
  return stripped === '' ? [] : stripped.split(WHITESPACE_RUN);
}

/** `re.sub(r"\s+", " ", text)` */
export function collapseWhitespace(text: string): string {
  return text.replace(WHITESPACE_RUN, ' ');
}

/**
 * `re.compile(r"\b(A|B|...)\b", re.IGNORECASE)` for words of letters and spaces. Python's case folding
 * takes the dotted capital and the dotless small I (U+0130, U+0131) for `i`; JavaScript's does not.
 *
 * @param endings what may stand between a word and its end, up to two of them, as Korean particles do
 */
export function wholeWordPattern(words: readonly string[], endings: readonly string[] = []): RegExp {
  if (words.length === 0) return /(?!)/;
  const escaped = (list: readonly string[]) =>
    list
      .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll('i', '[i\\u0130\\u0131]'))
      .join('|');
  const ending = endings.length === 0 ? '' : `(?:${escaped(endings)}){0,2}`;
  return new RegExp(`(?<!${WORD_CHARACTER})(?:${escaped(words)})${ending}(?!${WORD_CHARACTER})`, 'iu');
}
