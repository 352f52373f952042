import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WordRuns } from '../../../../../activities/filter/overlap/word-runs.ts';
import { PhiloxStream } from '../../../../../activities/philox.ts';

const ids = (...numbers: number[]) => Int32Array.from(numbers);

describe('runs of words', () => {
  it('finds a run wherever it stands, and says where and in which text', () => {
    const runs = new WordRuns(3);
    runs.insert(ids(1, 2, 3, 4));
    runs.insert(ids(7, 8, 9));
    assert.deepEqual(runs.find(ids(0, 2, 3, 4)), { place: 1, text: 0 });
    assert.deepEqual(runs.find(ids(7, 8, 9, 1)), { place: 0, text: 1 });
  });

  it('finds nothing in fewer tokens, in another order, or across two texts', () => {
    const runs = new WordRuns(3);
    runs.insert(ids(1, 2, 3));
    runs.insert(ids(4, 5));
    for (const text of [ids(), ids(1, 2), ids(3, 2, 1), ids(2, 3, 4, 5), ids(1, 2, 0, 3)])
      assert.equal(runs.find(text), null);
  });

  it('names the first text that has a run', () => {
    const runs = new WordRuns(2);
    runs.insert(ids(5, 5, 5, 5));
    runs.insert(ids(5, 5));
    assert.deepEqual(runs.find(ids(1, 5, 5)), { place: 1, text: 0 });
  });

  it('finds what comparing everything with everything finds', () => {
    const random = new PhiloxStream(5, 'shuffle', 0);
    const draw = (length: number) => Int32Array.from({ length }, () => random.nextBelow(3));
    const texts = Array.from({ length: 20 }, () => draw(12));
    const runs = new WordRuns(6);
    for (const text of texts) runs.insert(text);
    const has = (text: Int32Array, run: string) => `,${text.join(',')},`.includes(`,${run},`);
    let found = 0;
    for (let i = 0; i < 200; i += 1) {
      const text = draw(9);
      const places = [0, 1, 2, 3].filter((at) =>
        texts.some((known) => has(known, text.slice(at, at + 6).join(','))),
      );
      assert.equal(runs.find(text)?.place, places[0]);
      found += places.length > 0 ? 1 : 0;
    }
    assert.ok(found > 20 && found < 180, `${found}`);
  });
});
