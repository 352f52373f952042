import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Attempt, unwatched } from '../../../../../activities/attempt.ts';
import { dedupeCorpus } from '../../../../../activities/dedupe/corpus/corpus.ts';
import { tokenizeRouge } from '../../../../../activities/dedupe/rouge/tokenize.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import fc from '../../../../property.ts';
import { arbitraryText } from '../arbitrary-rows.ts';
import { plainRanking } from '../plain-rouge.ts';

/** The recipe's rule, one text after another. */
function decidePlainly(against: readonly string[], texts: readonly string[], threshold: number) {
  const pool = against.map((text, number) => ({ number, tokens: tokenizeRouge(text) }));
  const resembles: number[] = [];
  const scores: number[] = [];
  const averages: number[] = [];
  for (const [index, text] of texts.entries()) {
    const tokens = tokenizeRouge(text);
    const ranking = plainRanking(
      tokens,
      pool.map((entry) => entry.tokens),
    );
    const first = ranking[0];
    if (first !== undefined && first.score > threshold) {
      resembles.push(pool[first.row]?.number ?? Number.NaN);
      scores.push(first.score);
      continue;
    }
    resembles.push(-1);
    scores.push(0);
    averages.push(pool.length === 0 ? 0 : ranking.reduce((sum, { score }) => sum + score, 0) / pool.length);
    pool.push({ number: against.length + index, tokens });
  }
  return { resembles, scores, averages };
}

const RECIPE = { threshold: 0.7, tokenization: 'rouge' } as const;

describe('dedupeCorpus', () => {
  it('decides as the rule applied to one text after another, in both modes, however texts are batched', async () => {
    const texts = fc.array(arbitraryText, { minLength: 20, maxLength: 120, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(arbitraryText, { maxLength: 10 }),
        fc.integer({ min: 1, max: 120 }),
        async (corpus, against, cut) => {
          const batches = [corpus.slice(0, cut), corpus.slice(cut)];
          const expected = decidePlainly(against, corpus, 0.7);
          const decided = await dedupeCorpus(against, batches, { ...RECIPE, mode: 'threshold' }, unwatched);
          assert.deepEqual([...decided.resembles], expected.resembles);
          assert.deepEqual([...decided.scores], expected.scores);
          const full = await dedupeCorpus(against, batches, { ...RECIPE, mode: 'full' }, unwatched);
          assert.deepEqual(full.resembles, decided.resembles);
          assert.deepEqual(full.scores, decided.scores);
          const averages = [...(full.similarity?.averages ?? [])];
          assert.equal(averages.length, expected.averages.length);
          for (const [place, average] of averages.entries())
            assert.ok(Math.abs(average - (expected.averages[place] ?? Number.NaN)) < 1e-12);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('keeps a text that scores exactly 0.7 and rejects the next higher score', async () => {
    const texts = ['a b c d e f g h i j', 'a b c d e f g x y z', 'a b c d e f g h y z'];
    const { resembles, scores } = await dedupeCorpus(
      [],
      [texts],
      { ...RECIPE, mode: 'threshold' },
      unwatched,
    );
    assert.deepEqual([...resembles], [-1, -1, 1]);
    assert.deepEqual([...scores], [0, 0, 0.9]);
  });

  it('compares with accepted texts only: what resembles a rejected one alone is kept', async () => {
    const texts = ['a b c d e', 'a b c d x', 'a b c x y'];
    const { resembles } = await dedupeCorpus([], [texts], { ...RECIPE, mode: 'threshold' }, unwatched);
    assert.deepEqual([...resembles], [-1, 0, -1]);
  });

  it('gives the ten most similar of the pool as it stood, the seeds counted in', async () => {
    const { similarity } = await dedupeCorpus(
      ['write a poem'],
      [['sing a song', 'write a long letter']],
      { ...RECIPE, mode: 'full' },
      unwatched,
    );
    assert.deepEqual([...(similarity?.texts.subarray(0, 3) ?? [])], [0, -1, -1]);
    assert.deepEqual([...(similarity?.texts.subarray(10, 13) ?? [])], [0, 1, -1]);
    assert.deepEqual(
      [...(similarity?.scores.subarray(10, 12) ?? [])],
      [0.5714285714285715, 0.28571428571428575],
    );
    assert.deepEqual(
      [...(similarity?.averages ?? [])].map((average) => average.toFixed(12)),
      [...['0.333333333333', '0.428571428571']],
    );
  });

  it('gives the same on one thread and on several', async () => {
    const texts = Array.from(
      { length: 5000 },
      (_, i) => `w${i % 7} v${i % 11} u${i % 13} t${i % 17} s${i % 19}`,
    );
    const options = { ...RECIPE, mode: 'full' } as const;
    const one = await dedupeCorpus([], [texts], { ...options, threads: 1 }, unwatched);
    const several = await dedupeCorpus([], [texts], { ...options, threads: 3 }, unwatched);
    assert.deepEqual(several, one);
  });

  it('stops within a second when the attempt is aborted', async () => {
    const texts = Array.from(
      { length: 20_000 },
      (_, i) => `a b c d e f g h x${i} y${i} z${i % 500} w${i % 77}`,
    );
    const controller = new AbortController();
    const attempt: Attempt = { signal: controller.signal, report() {} };
    const running = dedupeCorpus([], [texts], { ...RECIPE, mode: 'full' }, attempt);
    setTimeout(() => controller.abort(new Error('stopped by the test')), 100);
    const started = performance.now();
    await assert.rejects(running, /stopped by the test/);
    assert.ok(performance.now() - started < 1100);
  });

  it('refuses a threshold outside [0, 1]', async () => {
    for (const threshold of [-0.1, 1.1, Number.NaN])
      await assert.rejects(
        dedupeCorpus([], [], { ...RECIPE, threshold, mode: 'full' }, unwatched),
        (error) => error instanceof AlpacaError && error.code === 'InvalidInput',
      );
  });
});
