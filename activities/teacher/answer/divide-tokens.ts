/**
 * Divides a count of tokens by weight into whole numbers whose sum is the count: each share is rounded
 * down, and what is left goes to the largest remainders, the first of equals first. Without any weight the
 * shares are even.
 *
 * @param weights none negative; at least one
 */
export function divideTokens(tokens: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (whole === 0 ? tokens / weights.length : (tokens * weight) / whole));
  const shares = exact.map(Math.floor);
  const left = tokens - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
