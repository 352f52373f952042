import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { cohenKappa, fleissKappa } from '../../../../activities/rate/agreement.ts';

/** Made by make_agreement.py with scikit-learn and statsmodels. */
interface Fixture {
  cohen: { first: string[]; second: string[]; kappa: number }[];
  fleiss: { table: number[][]; kappa: number }[];
}

const fixture = JSON.parse(
  await readFile(new URL('../../../fixtures/rate/agreement.json', import.meta.url), 'utf8'),
) as Fixture;

describe('Cohen’s kappa', () => {
  for (const { first, second, kappa } of fixture.cohen)
    it(`of ${first.length} items is scikit-learn’s ${kappa.toFixed(4)}`, () => {
      assert.ok(Math.abs((cohenKappa(first, second) ?? Number.NaN) - kappa) < 1e-12);
    });

  it('is that of the worked example of 50 grants: 20 and 15 agreed, 5 and 10 not', () => {
    const first = [...Array(25).fill('yes'), ...Array(25).fill('no')];
    const second = [
      ...Array(20).fill('yes'),
      ...Array(5).fill('no'),
      ...Array(10).fill('yes'),
      ...Array(15).fill('no'),
    ];
    assert.equal(cohenKappa(first, second)?.toFixed(12), '0.400000000000');
  });

  it('is undefined without items, and where everything is in one category', () => {
    assert.equal(cohenKappa([], []), null);
    assert.equal(cohenKappa(['A', 'A'], ['A', 'A']), null);
  });
});

describe('Fleiss’ kappa', () => {
  for (const { table, kappa } of fixture.fleiss)
    it(`of ${table.length} items is statsmodels’ ${kappa.toFixed(4)}`, () => {
      assert.ok(Math.abs((fleissKappa(table) ?? Number.NaN) - kappa) < 1e-12);
    });

  it('leaves out items with fewer than two ratings', () => {
    const table = [
      [2, 0],
      [0, 2],
      [1, 1],
    ];
    assert.equal(fleissKappa([...table, [1, 0], [0, 0]]), fleissKappa(table));
    assert.equal(fleissKappa([[1, 0]]), null);
  });

  it('is 1 where all agree, whatever the number of raters of an item', () => {
    assert.equal(
      fleissKappa([
        [3, 0],
        [0, 2],
      ]),
      1,
    );
    assert.equal(fleissKappa([[3, 0]]), null);
  });
});
