/** Below this, in dollars, a difference from whole cents is no money: it comes from computing with fractions. */
const NOTHING_USD = 1e-8;

/**
 * Money in words, the same on every screen: `2.50 USD`, `0.0121 USD`. No dollar sign: where Markdown is shown, as in
 * the Temporal UI, two of them in a paragraph are the ends of a formula. Whole cents, and sums from 100 on, have two
 * decimals; any other four, or as many as show two digits of it.
 */
export function usd(dollars: number): string {
  return `${dollars.toFixed(decimals(dollars))} USD`;
}

function decimals(dollars: number): number {
  const cents = Math.round(dollars * 100) / 100;
  if (Math.abs(dollars) >= 100 || Math.abs(dollars - cents) < NOTHING_USD) return 2;
  return Math.max(4, 1 - Math.floor(Math.log10(Math.abs(dollars))));
}
