/** What of a text's shape, and not of its words, speaks for a class. */

const CODE = [
  /^\s*(?:def|class|import|from|for|while|if|return|function|const|let|var|public|private|#include|SELECT|select)\b.*[({:;*=]/m,
  /=>|\w\(\)|\w\[\w*\]|\+\+|!==?|&&|<\/?[a-z]+>|\{"\w+"\s*:|[;{]\s*$/m,
  /\w+\([\w, ]+\)\s*$/m,
];

export function hasCode(text: string): boolean {
  return CODE.some((pattern) => pattern.test(text));
}

/** A calculation in signs: `3x + 7 = 22`, `42/56`, `(8 - 3) * 4`. */
export function hasSum(text: string): boolean {
  return /\d[a-z)]?\s*[-+*/×÷=^]\s*[(\d]|[a-z]\^\d/.test(text) && !/\d{4}-\d{1,2}-\d/.test(text);
}

export function numbersIn(text: string): number {
  return text.match(/\d+(?:[.,]\d+)*/g)?.length ?? 0;
}
