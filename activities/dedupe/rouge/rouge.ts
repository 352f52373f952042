/**
 * ROUGE-L as the `rouge_score` package computes it, to the last bit: the longest common subsequence of two
 * token sequences and the F-measure of what share of each it makes up.
 */

/** A sequence of tokens, or of their ids. */
export type Tokens<Token> = { readonly length: number; readonly [index: number]: Token } & Iterable<Token>;

/** The ROUGE-L F-measure of two token sequences, from 0 to 1; symmetric. */
export function rougeL<Token extends string | number>(a: Tokens<Token>, b: Tokens<Token>): number {
  return fMeasure(lcsLength(a, b), a.length, b.length);
}

/**
 * F = 2PR / (P + R) in doubles, in the reference's order of operations: (2P x R) / (P + R) with
 * P = lcs / aLength and R = lcs / bLength; 0 where the sequences have nothing in common.
 */
export function fMeasure(lcs: number, aLength: number, bLength: number): number {
  if (lcs === 0) return 0;
  const precision = lcs / aLength;
  const recall = lcs / bLength;
  return (2 * precision * recall) / (precision + recall);
}

/**
 * The smallest LCS length with which sequences of these lengths score strictly above `threshold`, by the
 * doubles themselves; Infinity where no LCS they could have does.
 */
export function lowestLcsAbove(threshold: number, aLength: number, bLength: number): number {
  const longest = Math.min(aLength, bLength);
  // F = 2 lcs / (aLength + bLength) but for rounding, so begin one below what that gives.
  let lcs = Math.max(1, Math.floor((threshold * (aLength + bLength)) / 2) - 1);
  while (lcs <= longest && fMeasure(lcs, aLength, bLength) <= threshold) lcs += 1;
  return lcs <= longest ? lcs : Number.POSITIVE_INFINITY;
}

/** The length of the longest common subsequence of two token sequences. */
export function lcsLength<Token extends string | number>(a: Tokens<Token>, b: Tokens<Token>): number {
  return lcsAgainst(a)(b);
}

/**
 * Prepares `a` to be compared with many sequences: the function returned gives the length of the longest
 * common subsequence of `a` and its argument.
 *
 * Bit-parallel dynamic programming (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004): bit i of
 * `row` is 0 where the LCS of a[0..i] and what was read of `b` is one longer than that of a[0..i-1].
 * O(|b| x |a| / 32) time, O(|a|) memory.
 */
export function lcsAgainst<Token extends string | number>(a: Tokens<Token>): (b: Tokens<Token>) => number {
  const positions = positionsByToken(a);
  const row = new Uint32Array(Math.ceil(a.length / 32));
  const matches = new Uint32Array(row.length);
  return (b) => {
    row.fill(0xffffffff);
    for (const token of b) {
      const found = positions.get(token);
      if (found === undefined) continue;
      for (const position of found)
        matches[position >>> 5] = (matches[position >>> 5] ?? 0) | (1 << position);
      advance(row, matches);
      for (const position of found) matches[position >>> 5] = 0;
    }
    // Bits past the end of `a` never match, so they stay 1 and count for nothing.
    let length = 0;
    for (const word of row) length += countOnes(~word);
    return length;
  };
}

/** row = (row + (row & matches)) | (row & ~matches), over words of 32 bits with a carry. */
function advance(row: Uint32Array, matches: Uint32Array): void {
  let carry = 0;
  for (let word = 0; word < row.length; word += 1) {
    const before = row[word] ?? 0;
    const common = (before & (matches[word] ?? 0)) >>> 0;
    const sum = before + common + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    row[word] = sum | (before - common);
  }
}

function positionsByToken<Token>(tokens: Tokens<Token>): Map<Token, number[]> {
  const positions = new Map<Token, number[]>();
  let position = 0;
  for (const token of tokens) {
    const known = positions.get(token);
    if (known === undefined) positions.set(token, [position]);
    else known.push(position);
    position += 1;
  }
  return positions;
}

/** The number of ones in the lowest 32 bits of `word`. */
export function countOnes(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The number of ones in two such words together. */
export function countOnesOfTwo(a: number, b: number): number {
  let bitsOfA = a - ((a >>> 1) & 0x55555555);
  let bitsOfB = b - ((b >>> 1) & 0x55555555);
  bitsOfA = (bitsOfA & 0x33333333) + ((bitsOfA >>> 2) & 0x33333333);
  bitsOfB = (bitsOfB & 0x33333333) + ((bitsOfB >>> 2) & 0x33333333);
  // Up to 8 in each half byte, so the sum of both is brought to bytes before anything else is added.
  const bits = bitsOfA + bitsOfB;
  return Math.imul((bits & 0x0f0f0f0f) + ((bits >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24;
}
