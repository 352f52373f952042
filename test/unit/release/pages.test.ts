import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { averaged, histogramChart } from '../../../activities/release/charts.ts';
import { bytes, dollars } from '../../../activities/release/figures.ts';
import { histogramOfCounts, histogramOfShares } from '../../../activities/release/histogram.ts';
import { html } from '../../../activities/release/html.ts';

describe('html', () => {
  it('escapes what is put in, and leaves markup made by a template', () => {
    const inner = html`<b>${'<i>'}</b>`;
    assert.equal(
      html`<p title="${'" onload="x'}">${inner}${['a&b', 1]}${null}</p>`.text,
      '<p title="&quot; onload=&quot;x"><b>&lt;i&gt;</b>a&amp;b1</p>',
    );
  });

  it('lets no text leave its place', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const made = html`<p title="${text}">${text}</p>`.text;
        assert.match(made, /^<p title="[^<>"']*">[^<>"']*<\/p>$/);
      }),
    );
  });
});

describe('histogramOfCounts', () => {
  it('counts by hand', () => {
    const { width, bars, beyond, mean, median, most } = histogramOfCounts([0, 1, 1, 3]);
    assert.deepEqual({ width, bars, beyond }, { width: 1, bars: [1, 2, 0, 1], beyond: 0 });
    assert.deepEqual({ mean, median, most }, { mean: 1.25, median: 1, most: 3 });
  });

  it('keeps a long tail out of the bars, and counts it', () => {
    const values = [...Array.from({ length: 999 }, (_, i) => i % 10), 100_000];
    const { bars, beyond } = histogramOfCounts(values);
    assert.equal(bars.length, 10);
    assert.equal(beyond, 1);
  });

  it('counts every value once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000)), (values) => {
        const { bars, beyond } = histogramOfCounts(values);
        assert.equal(
          bars.reduce((sum, bar) => sum + bar, beyond),
          values.length,
        );
      }),
    );
  });
});

describe('histogramOfShares', () => {
  it('has twenty bars, and 1 in the last', () => {
    const { bars, beyond } = histogramOfShares([0, 0.15, 0.7, 1]);
    assert.deepEqual(
      bars.flatMap((count, bar) => (count > 0 ? [bar] : [])),
      [0, 3, 14, 19],
    );
    assert.equal(beyond, 0);
  });
});

describe('charts', () => {
  it('are drawn for no data too', () => {
    const chart = histogramChart(histogramOfCounts([]), { title: 'Nothing', unit: 'words' }).text;
    assert.doesNotMatch(chart, /NaN|Infinity/);
  });

  it('average a long line, the mean kept', () => {
    const points = Array.from({ length: 1000 }, (_, x) => ({ x, y: x % 2 }));
    const few = averaged(points, 100);
    assert.equal(few.length, 100);
    assert.deepEqual(few[0], { x: 4.5, y: 0.5 });
  });
});

describe('figures', () => {
  it('read well at every size', () => {
    assert.deepEqual([dollars(0), dollars(0.0123), dollars(512.5)], ['$0.00', '$0.0123', '$512.50']);
    assert.deepEqual([bytes(999), bytes(1500), bytes(2.5e9)], ['999 bytes', '1.5 kB', '2.5 GB']);
  });
});
