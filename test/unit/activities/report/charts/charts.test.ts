import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogramOfCounts, histogramOfShares } from '../../../../../activities/document/histogram.ts';
import { Markup } from '../../../../../activities/document/html.ts';
import { averaged, histogramChart, lineChart } from '../../../../../activities/report/charts/charts.ts';
import { chartPicture, hasFont, standalone } from '../../../../../activities/report/charts/png.ts';
import { sunburst } from '../../../../../activities/report/charts/sunburst.ts';
import fc from '../../../../property.ts';

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

  it('name several lines, and mark the points of short ones', () => {
    const chart = lineChart(
      [
        { name: 'a <b>', points: [{ x: 1, y: 2 }] },
        { name: 'second', points: Array.from({ length: 50 }, (_, x) => ({ x, y: x })) },
      ],
      { title: 'Two', unit: 'step' },
    ).text;
    assert.match(chart, />a &lt;b&gt;<\/text>/);
    assert.equal(chart.match(/<circle/g)?.length, 1);
  });

  it('label small values by their digits', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 0.00002 },
    ];
    assert.match(lineChart([{ name: 'rate', points }], { title: 'Rate', unit: 'step' }).text, />0\.000005</);
  });
});

describe('sunburst', () => {
  const drawing = sunburst(
    [
      {
        name: 'write',
        parts: [
          { name: 'poem', value: 2 },
          { name: '<b>', value: 1 },
        ],
      },
      { name: 'name', parts: [{ name: 'incomprehensibilities', value: 1 }] },
    ],
    { title: 'Verbs' },
  ).text;

  it('has a slice for each verb and each noun, named with its count', () => {
    const titles = [...drawing.matchAll(/<path[^>]*><title>([^<]*)<\/title>/g)].map(([, title]) => title);
    assert.deepEqual(titles.sort(), [
      'name incomprehensibilities: 1',
      'name: 1',
      'write &lt;b&gt;: 1',
      'write poem: 2',
      'write: 3',
    ]);
  });

  it('cuts what does not fit in its ring', () => {
    assert.match(drawing, />incomprehensibil…<\/text>/);
  });
});

describe('a chart as a picture', () => {
  const chart = histogramChart(histogramOfCounts([1, 1, 2]), { title: 'Words', unit: 'words' });

  it('stands alone: a namespace, and colours instead of the page’s properties', () => {
    const svg = standalone(chart);
    assert.ok(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" class="chart"'));
    assert.match(svg, /\.bar \{ fill: #2457b3; \}/);
    assert.doesNotMatch(svg, /var\(/);
  });

  it('is a PNG of 1120 pixels’ width', () => {
    const png = Buffer.from(chartPicture(chart));
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    assert.equal(png.readUInt32BE(16), 1120);
  });

  it('has text, where the machine has a font', { skip: hasFont() ? false : 'no font here' }, () => {
    const text = new Markup(chart.text.replace(/>1</g, '>7<'));
    assert.notDeepEqual(chartPicture(chart), chartPicture(text));
  });
});
