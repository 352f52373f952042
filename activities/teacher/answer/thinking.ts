/** What stands before and behind the thinking in an answer's text; null: a text is all answer. */
export type ThinkingMarks = readonly [opening: string, closing: string] | null;

/**
 * The answer without what its model thought: what stands before the last end of thinking is cut, and of thinking that
 * has no end nothing is left. The closing mark may stand alone: some prompts end with the opening one. A pair in the
 * middle of one line is one that the answer speaks of, and so is an opening mark there that nothing closes.
 */
export function withoutThinking(text: string, marks: ThinkingMarks): string {
  if (marks === null) return text;
  const [opening, closing] = marks;
  let answerFrom = 0;
  let lineFrom = 0;
  let thinking = false;
  let spokenOf = false;
  for (const { 0: found, index } of text.matchAll(anyOf(opening, closing, '\n'))) {
    if (found === opening) {
      if (text.slice(lineFrom, index).trim() === '') thinking = true;
      else spokenOf = true;
    } else if (found === '\n') {
      lineFrom = index + 1;
      spokenOf = false;
    } else if (spokenOf && !thinking) {
      spokenOf = false;
    } else {
      answerFrom = index + found.length;
      lineFrom = answerFrom;
      thinking = false;
    }
  }
  return thinking ? '' : text.slice(answerFrom);
}

function anyOf(...texts: string[]): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}
