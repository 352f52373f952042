import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunFigures } from '../../../../../workers/web/runs/run-figures.ts';
import { curvesPart, outcomePart, rowsPart, spentPart } from '../../../../../workers/web/runs/run-parts.ts';
import { progressOf } from '../../../../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../../../../workflows/decisions/stage-table.ts';
import { candidate, comparison, resultWith } from '../../../activities/report/sections/evaluation-result.ts';

const NONE: RunFigures = {
  ...{ loss: [], heldOut: [], accepted: [], cost: [] },
  tokens: { prompt: 0, completion: 0 },
  newest: { accepted: [], refused: [] },
};
const START = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-01-01T00:10:00Z');

/** What stands in tags of one name, without the tags within. */
function texts(markup: unknown, tag: string): string[] {
  const found = String(markup).matchAll(new RegExp(`<${tag}[ >][^]*?</${tag}>`, 'g'));
  return [...found].map(([text]) => text.replaceAll(/<[^>]+>/g, '').trim());
}

function progress(forecast: Parameters<typeof progressOf>[0]['forecast'] = null) {
  const table = createStageTable(['generate']);
  table.start('generate', START, 50, 'accepted');
  const control = { paused: false, budgetUsd: null };
  return progressOf({ table, control, waitsFor: null, costUsd: 0.25, forecast }, NOW);
}

describe('the curves of a run', () => {
  it('are drawn of what there is, with units and the last figures in words', () => {
    const points = [
      { x: 1, y: 4.25 },
      { x: 2, y: 3.5 },
    ];
    const drawn = curvesPart({
      ...NONE,
      ...{
        loss: points,
        heldOut: [{ x: 2, y: 3.75 }],
        accepted: [{ x: 1, y: 1200 }],
        cost: [{ x: 1, y: 0 }],
      },
    });
    assert.deepEqual(texts(drawn, 'figcaption'), [
      'Loss, nats a target tokentraining 3.5 after 2 optimizer steps, held out 3.75 after 2 optimizer steps',
      'Accepted, rowsrows 1,200 after 1 request',
    ]);
    assert.equal(
      String(drawn).match(/<svg class="chart[^"]*" viewBox="[^"]*" role="img" aria-label="/g)?.length,
      2,
    );
    assert.equal(String(drawn).match(/<polyline/g)?.length, 3);
  });

  it('have beside them a table of a dozen points, the first and the last among them', () => {
    const cost = Array.from({ length: 100 }, (_, index) => ({ x: index + 1, y: index / 4 }));
    const rows = texts(curvesPart({ ...NONE, cost }), 'tr');
    assert.equal(rows.length, 13);
    assert.deepEqual([rows[0], rows[1], rows.at(-1)], ['requestsdollars', '10', '10024.75']);
  });

  it('are none before there is a point', () => {
    assert.equal(curvesPart(NONE), null);
  });
});

describe('what generation takes', () => {
  const figures = { ...NONE, tokens: { prompt: 1500, completion: 300 } };

  it('stands beside the estimate while there is one', () => {
    const about = (value: number) => ({ value, low: value * 0.5, high: value * 2 });
    const part = spentPart(
      progress({
        ...{
          basis: 'measured',
          measuredRequests: 5,
          requests: about(100),
          costUsd: about(1),
          hours: about(0.5),
        },
        ...{ promptTokens: about(4000), completionTokens: about(2000), secondsLeft: about(60) },
      }),
      figures,
      NOW,
    );
    assert.deepEqual(texts(part, 'h2'), ['Estimated and used']);
    assert.deepEqual(texts(part, 'td'), [
      '',
      ...['1.00 USD (0.50 USD to 2.00 USD)', '0.25 USD', '4,000 (2,000 to 8,000)', '1,500'],
      ...['2,000 (1,000 to 4,000)', '300', '30 min (15 min to 60 min)', '10 min'],
    ]);
  });

  it('stands alone where there is none, and is nothing before an answer', () => {
    assert.deepEqual(texts(spentPart(progress(), figures, NOW), 'td'), [
      '',
      '0.25 USD',
      '1,500',
      '300',
      '10 min',
    ]);
    assert.equal(spentPart(progress(), NONE, NOW), null);
  });
});

describe('the newest rows', () => {
  it('say what was accepted, and why the others were not, as text', () => {
    const row = { instruction: '<b>Add 2 and 3.</b>', input: '', output: '5' };
    const part = rowsPart({ ...NONE, newest: { accepted: [row], refused: [{ ...row, why: 'too short' }] } });
    assert.deepEqual(texts(part, 'p'), [
      ...['&lt;b&gt;Add 2 and 3.&lt;/b&gt;', '5'],
      ...['&lt;b&gt;Add 2 and 3.&lt;/b&gt;', '5', 'too short'],
    ]);
    assert.equal(rowsPart(NONE), null);
  });
});

describe('what a completed run came to', () => {
  const compared = resultWith({
    candidates: [candidate('tuned', 1.5), candidate('base', 3)],
    comparisons: [comparison(0, 1)],
  });
  const row = { instruction: 'What is 2 plus 3?', input: '' };
  const evaluate = {
    ...compared,
    exactMatch: { rows: 40, right: 30, rate: 0.75, interval: [0.598, 0.858] as [number, number] },
    heldOutAnswers: Array.from({ length: 10 }, () => ({ ...row, wanted: '5', got: '<6>' })),
  };
  const train = { loss: { before: 3, after: 1.5 } };

  it('is what is right first, then the loss and what a judge says, with three held-out rows and rows of the data', () => {
    const part = outcomePart({ evaluate, train }, [{ ...row, output: '5' }]);
    assert.deepEqual(texts(part, 'th'), ['exact match', 'held-out loss', 'win rate']);
    assert.deepEqual(texts(part, 'td').slice(0, 2), [
      '30 of 40 held-out rows (95% interval 60% to 86%)',
      '3.000 before, 1.500 after, nats a target token',
    ]);
    assert.equal(texts(part, 'article').length, 4);
    assert.match(texts(part, 'article')[0] ?? '', /^What is 2 plus 3\?\s+wanted 5\s+got &lt;6&gt;$/);
  });
});
