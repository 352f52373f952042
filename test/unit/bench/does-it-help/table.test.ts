import assert from 'node:assert/strict';
import { it } from 'node:test';
import { overSeeds, shareOf } from '../../../../bench/does-it-help/figures.ts';
import { tableOf } from '../../../../bench/does-it-help/table.ts';

it('what came of each kind of rows is a line of a table, with intervals', () => {
  const loss = overSeeds([4, 4.1, 4.2]);
  const figures = {
    loss,
    lossOnAlpaca: loss,
    lossOnSelfInstruct: loss,
    exactMatch: shareOf(Array(3).fill({ right: 1, rows: 10 })),
  };
  const cells =
    '4.100 (3.852 to 4.348) | 4.100 (3.852 to 4.348) | 4.100 (3.852 to 4.348) | 10.0% (1.8 to 40.4%) |';
  assert.equal(
    tableOf({ alpaca: { ...figures, rows: [619, 613, 620], targets: [8000, 8000, 8000] } }),
    [
      '| trained on | rows | target tokens | held-out loss | on Alpaca’s | on Self-Instruct’s | exact match |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      `| alpaca | 613 to 620 | 8000 | ${cells}`,
    ].join('\n'),
  );
});
