import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';
import { composeTask } from '../../../../../workers/offline-teacher/tasks/tasks.ts';

/**
 * ROUGE-L F1 over 0.7 rejects (recipe, section 3). A plain reference: a longest common subsequence by
 * dynamic programming, asked for only where enough words are shared at all.
 */
class Pool {
  readonly #accepted: { words: string[]; counts: Map<string, number> }[] = [];

  get size(): number {
    return this.#accepted.length;
  }

  accept(instruction: string): boolean {
    const words = instruction.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const other of this.#accepted) {
      const needed = 0.35 * (words.length + other.words.length);
      let shared = 0;
      for (const [word, count] of counts) shared += Math.min(count, other.counts.get(word) ?? 0);
      if (shared > needed && commonSubsequence(words, other.words) > needed) return false;
    }
    this.#accepted.push({ words, counts });
    return true;
  }
}

function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  const row = new Uint8Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let column = 1; column <= b.length; column += 1) {
      const above = row[column] ?? 0;
      row[column] = word === b[column - 1] ? diagonal + 1 : Math.max(above, row[column - 1] ?? 0);
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

describe('variety under the 0.7 rule', () => {
  it('holds for 2,000 accepted instructions and more', () => {
    const random = createRandom('acceptance');
    const pool = new Pool();
    const rateAt = (size: number) => {
      let [drawn, accepted] = [0, 0];
      while (pool.size < size && drawn < 4000) {
        drawn += 1;
        if (pool.accept(composeTask(random).instruction)) accepted += 1;
      }
      return accepted / drawn;
    };
    const first = rateAt(1000);
    const second = rateAt(2000);
    assert.equal(pool.size, 2000);
    assert.ok(first > 0.9, `${first} of the rows accepted up to a pool of 1,000`);
    assert.ok(second > 0.88, `${second} of the rows accepted up to a pool of 2,000`);
  });

  it('is measured by a rule that does reject', () => {
    const pool = new Pool();
    assert.equal(pool.accept('one two three four five six seven eight nine ten'), true);
    assert.equal(pool.accept('one two three four five six seven x y z'), true, '0.7 is not over 0.7');
    assert.equal(pool.accept('one two three four five six seven eight y z'), false);
  });
});
