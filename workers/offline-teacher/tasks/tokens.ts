/**
 * The offline teacher's tokens, a stated stand-in for a real tokenizer: up to four Latin letters with the
 * blank before them, up to three digits, one letter of any other script, one other sign, one line break.
 * Blanks elsewhere are free. English comes to about 1.7 tokens a word, Korean to one a syllable.
 */
const TOKEN = / ?[A-Za-z\u00C0-\u024F]{1,4}| ?\d{1,3}| ?\p{L}|\r?\n|[^\s]/gu;

/** How many tokens a text has. */
export function countTokens(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(TOKEN)) count += 1;
  return count;
}

/** The text's first `limit` tokens; the whole text where it has no more. */
export function cutToTokens(text: string, limit: number): { text: string; tokens: number; cut: boolean } {
  let tokens = 0;
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (tokens === limit) return { text: text.slice(0, end), tokens, cut: true };
    tokens += 1;
    end = match.index + match[0].length;
  }
  return { text, tokens, cut: false };
}

/** The text in pieces of about `size` tokens, as a stream sends it; joined they are the text again. */
export function* piecesOf(text: string, size: number): Generator<string> {
  let start = 0;
  let end = 0;
  let tokens = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (tokens === size) {
      yield text.slice(start, end);
      start = end;
      tokens = 0;
    }
    tokens += 1;
    end = match.index + match[0].length;
  }
  if (start < text.length) yield text.slice(start);
}
