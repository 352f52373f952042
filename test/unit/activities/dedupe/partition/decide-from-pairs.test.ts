import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decideFromPairs,
  type PairSource,
} from '../../../../../activities/dedupe/partition/decide-from-pairs.ts';
import { Sequences } from '../../../../../activities/dedupe/partition/sequences.ts';
import { tokenizeRouge } from '../../../../../activities/dedupe/rouge/tokenize.ts';
import { Vocabulary } from '../../../../../activities/dedupe/rouge/vocabulary.ts';
import fc from '../../../../property.ts';
import { arbitraryText } from '../arbitrary-rows.ts';
import { plainRougeL } from '../plain-rouge.ts';

type Pair = [earlier: number, later: number, score: number];

/** Pairs in memory; the buffer of a file ends after every second one. */
function sourceOf(pairs: readonly Pair[]): PairSource {
  let at = 0;
  let held = 2;
  return {
    get earlier() {
      return pairs[at]?.[0] ?? 0;
    },
    get later() {
      return at < held ? (pairs[at]?.[1] ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    },
    get score() {
      return pairs[at]?.[2] ?? 0;
    },
    advance() {
      at += 1;
      return at < held;
    },
    async refill() {
      held += 2;
    },
  };
}

/** One text after another against all accepted: what the pairs must give too. */
function plainDecisions(texts: readonly string[], against: number, threshold: number) {
  const tokens = texts.map(tokenizeRouge);
  const accepted = Array.from({ length: against }, (_, text) => text);
  return texts.slice(against).map((_, index) => {
    const text = against + index;
    let nearest = { resembles: -1, score: threshold };
    for (const other of accepted) {
      const score = plainRougeL(tokens[text] ?? [], tokens[other] ?? []);
      if (score > nearest.score) nearest = { resembles: other, score };
    }
    if (nearest.resembles === -1) accepted.push(text);
    return nearest.resembles === -1 ? { resembles: -1, score: 0 } : nearest;
  });
}

describe('deciding from pairs', () => {
  it('decides as one text after another against all accepted, exact repeats and all', async () => {
    const corpora = fc.record({
      texts: fc.array(arbitraryText, { minLength: 1, maxLength: 50, size: 'max' }),
      repeats: fc.array(fc.nat(), { maxLength: 20 }),
      against: fc.nat(5),
      threshold: fc.constantFrom(0, 0.3, 0.5, 0.6, 0.7, 1),
    });
    await fc.assert(
      fc.asyncProperty(corpora, async ({ texts, repeats, against: asked, threshold }) => {
        const all = [...texts, ...repeats.map((place) => texts[place % texts.length] ?? '')];
        const against = Math.min(asked, all.length);
        const vocabulary = new Vocabulary(tokenizeRouge);
        const sequences = new Sequences();
        const ofTexts = all.map((text) => {
          const ids = vocabulary.encode(text);
          return ids.length === 0 ? -1 : sequences.add(ids);
        });
        const pairs: Pair[] = [];
        for (let later = 0; later < sequences.size; later += 1)
          for (let earlier = 0; earlier < later; earlier += 1) {
            const score = plainRougeL(sequences.at(earlier), sequences.at(later));
            if (score > threshold) pairs.push([earlier, later, score]);
          }
        // Two partitions, some pairs in both, in any order of the earlier row.
        const sources = [
          pairs.filter((_, place) => place % 3 < 2),
          pairs.filter((_, place) => place % 3 > 0),
        ];
        const { resembles, scores } = await decideFromPairs(Int32Array.from(ofTexts), sources.map(sourceOf), {
          against,
          threshold,
        });
        assert.deepEqual(
          Array.from(resembles, (text, index) => ({ resembles: text, score: scores[index] })),
          plainDecisions(all, against, threshold),
        );
      }),
      { numRuns: 200 },
    );
  });
});
