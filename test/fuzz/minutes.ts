/** How long a door is tried in the long tests. */
export function fuzzMinutes(): number {
  return Number(process.env.ALPACA_FUZZ_MINUTES ?? 10);
}
