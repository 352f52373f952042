import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readRows } from '../../activities/artifacts/rows.ts';
import { rougeL } from '../../activities/dedupe/rouge/rouge.ts';
import { tokenizerFor } from '../../activities/dedupe/rouge/tokenize.ts';
import { type Tokenization, tokenization } from '../../workflows/contracts/run.ts';

const pair = z.strictObject({
  /** whether a person who reads both would keep one of them alone */
  alike: z.boolean(),
  /** how they are alike, or near to it though different */
  by: z.enum(['particle', 'space', 'ending', 'word', 'order', 'frame', 'topic', 'opposite', 'far']),
  first: z.string(),
  second: z.string(),
});

const PAIRS = fileURLToPath(new URL('../../test/fixtures/korean/pairs.jsonl', import.meta.url));
const THRESHOLDS = [0.6, 0.65, 0.7, 0.75, 0.8];

interface Caught {
  threshold: number;
  /** of the pairs that score above the threshold, the share that is alike; null where none does */
  precision: number | null;
  /** of the pairs that are alike, the share that scores above it */
  recall: number;
  /** by how the pairs are alike or near to it */
  above: Record<string, number>;
}

/** How 200 labelled pairs of Korean instructions come out under a tokenization. */
export async function scoreKoreanPairs(
  by: Tokenization,
  thresholds: readonly number[] = THRESHOLDS,
): Promise<Caught[]> {
  const tokenize = tokenizerFor(by);
  const scored = (await readRows(PAIRS, pair)).map(({ first, second, ...labels }) => ({
    ...labels,
    score: rougeL(tokenize(first), tokenize(second)),
  }));
  return thresholds.map((threshold) => {
    const above = scored.filter(({ score }) => score > threshold);
    const right = above.filter(({ alike }) => alike).length;
    const counts: Record<string, number> = {};
    for (const { by } of above) counts[by] = (counts[by] ?? 0) + 1;
    return {
      threshold,
      precision: above.length === 0 ? null : Math.round((right / above.length) * 1000) / 1000,
      recall: right / scored.filter(({ alike }) => alike).length,
      above: counts,
    };
  });
}

/** `npm run bench -- korean-pairs`: precision and recall of each tokenization, by threshold. */
export async function benchKoreanPairs(): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    await Promise.all(
      tokenization.options.map(async (by): Promise<[string, Caught[]]> => [by, await scoreKoreanPairs(by)]),
    ),
  );
}
