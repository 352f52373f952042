import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPool, type SimilarityPool } from '../../../../../activities/dedupe/corpus/pool.ts';

async function withPool(
  use: (pool: SimilarityPool) => Promise<void>,
  tokenization: 'rouge' | 'unicode' = 'rouge',
) {
  const pool = createPool({ threshold: 0.7, tokenization });
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
}

describe('a similarity pool', () => {
  it('takes a batch in order: an accepted instruction counts for the ones after it', async () => {
    await withPool(async (pool) => {
      assert.deepEqual(await pool.consider(['Sing a song.', 'Write a poem', 'sing a SONG']), [
        { accepted: true, highest: 0, mostSimilar: null },
        { accepted: true, highest: 0.3333333333333333, mostSimilar: 'Sing a song.' },
        { accepted: false, highest: 1, mostSimilar: 'Sing a song.' },
      ]);
      assert.equal(pool.size, 2);
    });
  });

  it('compares with what was added unasked', async () => {
    await withPool(async (pool) => {
      await pool.add(['Write a poem', 'write a poem']);
      assert.equal(pool.size, 2);
      assert.deepEqual(await pool.consider(['Write a poem!']), [
        { accepted: false, highest: 1, mostSimilar: 'Write a poem' },
      ]);
      assert.equal(pool.size, 2);
    });
  });

  it('accepts exactly the threshold, and names the first of equal maxima', async () => {
    await withPool(async (pool) => {
      await pool.add(['a b c d e f g h i j', 'j a b c d e f g h i']);
      assert.deepEqual(await pool.consider(['a b c d e f g x y z']), [
        { accepted: true, highest: 0.7, mostSimilar: 'a b c d e f g h i j' },
      ]);
    });
  });

  it('dedupes Korean with the unicode tokenization, and not with the reference one', async () => {
    const korean = ['다음 문장을 영어로 번역하세요.', '다음 문장을 영어로 번역하세요!'];
    await withPool(async (pool) => {
      assert.deepEqual(
        (await pool.consider(korean)).map(({ accepted }) => accepted),
        [true, false],
      );
    }, 'unicode');
    await withPool(async (pool) => {
      assert.deepEqual(
        (await pool.consider(korean)).map(({ accepted }) => accepted),
        [true, true],
      );
    });
  });

  it('answers overlapping calls in the order they were made', async () => {
    await withPool(async (pool) => {
      const answers = await Promise.all([
        pool.consider(['Name a river']),
        pool.consider(['name a river']),
        pool.consider(['name a river ']),
      ]);
      assert.deepEqual(
        answers.map(([first]) => first?.accepted),
        [true, false, false],
      );
    });
  });

  it('rejects with the signal’s reason, at once', async () => {
    await withPool(async (pool) => {
      const controller = new AbortController();
      const considered = pool.consider(
        Array.from({ length: 50_000 }, (_, i) => `a b c d e f g${i} h${i} i${i} j${i}`),
        controller.signal,
      );
      controller.abort(new Error('stopped by the test'));
      await assert.rejects(considered, /stopped by the test/);
    });
  });

  it('refuses a threshold outside [0, 1]', () => {
    assert.throws(
      () => createPool({ threshold: 1.5, tokenization: 'rouge' }),
      /The threshold 1.5 is outside \[0, 1\]/,
    );
  });
});
