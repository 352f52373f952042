import { tokenizeRouge } from '../../activities/dedupe/rouge/tokenize.ts';

/** What a corpus looks like to dedupe: how long its rows are, in tokens, and how its words are distributed. */
export interface CorpusShape {
  meanTokens: number;
  /** at 1, 5, 25, 50, 75, 95, 99 and 100% of the rows, shortest first */
  tokensAtPercent: Record<string, number>;
  vocabulary: number;
  occurringOnce: number;
  /** of the words of rank 1, 10, 100 and 1000, in percent of all tokens */
  percentAtRank: Record<string, number>;
}

export function corpusShape(instructions: readonly string[]): CorpusShape {
  const lengths: number[] = [];
  const counts = new Map<string, number>();
  for (const instruction of instructions) {
    const tokens = tokenizeRouge(instruction);
    lengths.push(tokens.length);
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  lengths.sort((a, b) => a - b);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const byRank = [...counts.values()].sort((a, b) => b - a);
  const atPercent = (percent: number) =>
    lengths[Math.min(lengths.length - 1, Math.floor((percent / 100) * lengths.length))] ?? 0;
  return {
    meanTokens: Number((total / lengths.length).toFixed(2)),
    tokensAtPercent: Object.fromEntries([1, 5, 25, 50, 75, 95, 99, 100].map((p) => [`p${p}`, atPercent(p)])),
    vocabulary: counts.size,
    occurringOnce: byRank.filter((count) => count === 1).length,
    percentAtRank: Object.fromEntries(
      [1, 10, 100, 1000].map((rank) => [
        `rank ${rank}`,
        Number((((byRank[rank - 1] ?? 0) / total) * 100).toFixed(3)),
      ]),
    ),
  };
}
