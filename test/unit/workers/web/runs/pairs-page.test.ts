import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Annotation, annotation } from '../../../../../activities/evaluate/answers/model-outputs.ts';
import { pairsPage } from '../../../../../workers/web/runs/pairs-page.ts';

function pair(number: number, preference: number | null, change: object = {}): Annotation {
  return annotation.parse({
    ...{ instruction: `Count to ${number}.`, output_1: 'One.', generator_1: 'base' },
    ...{ output_2: 'One, two.', generator_2: 'tuned', annotator: 'offline', preference },
    ...change,
  });
}

const PAIRS = [
  pair(1, 2, { input: '<b>', dataset: 'Maths' }),
  pair(2, 1),
  pair(3, 1.5, { verdicts: { output_1_first: 'output_1', output_2_first: 'output_2', agree: false } }),
  pair(4, null),
  ...Array.from({ length: 40 }, (_, i) => pair(i + 5, 2)),
];

describe('the page of judged pairs', () => {
  const shown = (query: object) =>
    [...pairsPage('my-run', PAIRS, query).matchAll(/<h2>(\d+)\. ([\w ]+)/g)].map(([, number, verdict]) => [
      Number(number),
      verdict?.trim(),
    ]);

  it('shows each with what came out, the better answer marked, and nothing as markup of its own', () => {
    const text = pairsPage('my-run', PAIRS, {});
    assert.match(text, /<b>tuned<\/b> beside <b>base<\/b>, judged blind and in both orders by offline/);
    assert.deepEqual(shown({}).slice(0, 4), [
      [1, 'won'],
      [2, 'lost'],
      [3, 'tied'],
      [4, 'without a verdict'],
    ]);
    assert.match(text, /the two orders disagree/);
    assert.match(text, /&lt;b&gt;/);
    const [first = '', second = '', third = ''] = text.split('<article');
    assert.doesNotMatch(first, /better/);
    assert.match(second, /tuned, better/);
    assert.match(third, /base, better/);
  });

  it('counts what came out, and shows one of them alone', () => {
    const text = pairsPage('my-run', PAIRS, { verdict: 'loss' });
    assert.deepEqual(shown({ verdict: 'loss' }), [[1, 'lost']]);
    assert.match(text, /all 44.*won 41.*lost 1.*tied 1.*without a verdict 1/s);
    assert.match(text, /<b aria-current="page">lost 1<\/b>/);
  });

  it('has twenty a page, and takes a page that is not there for the nearest', () => {
    assert.equal(shown({ page: '2' }).at(0)?.at(0), 21);
    assert.equal(shown({ page: '99' }).length, 4);
    for (const page of ['0', '-3', 'x', '']) assert.equal(shown({ page }).at(0)?.at(0), 1, page);
    assert.match(pairsPage('my-run', PAIRS, { verdict: 'win', page: '2' }), /\?verdict=win&amp;page=3/);
  });

  it('of a run without pairs says so', () => {
    assert.match(pairsPage('my-run', [], {}), /There is none/);
  });
});
