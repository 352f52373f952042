import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rootVerb } from '../../../../../activities/report/rows/root-verb.ts';
import { MEASURED_ACCURACY } from '../../../../../activities/report/rows/verb-accuracy.ts';
import { countVerbs, summarizeVerbs } from '../../../../../activities/report/rows/verb-counts.ts';
import { benchVerbs } from '../../../../../bench/report/verbs.ts';

const never = new AbortController().signal;

describe('rootVerb', () => {
  const readings: [string, string | null, string | null][] = [
    ['Write a short poem about rain.', 'write', 'poem'],
    ['Give me a list of three old cities.', 'give', 'list'],
    ['Give this paragraph a title.', 'give', 'title'],
    ['Point out what is wrong.', 'point', null],
    ['The choir meets on Monday. Sort the scores from lowest to highest.', 'sort', 'score'],
    ['For each of the cities, name a river.', 'name', 'river'],
    ['Sketch the analyses of a school.', 'sketch', 'analysis'],
    ['What is the capital of Peru?', 'be', null],
    ['Why does the moon change its shape?', 'change', 'shape'],
    ['Who paid the bill?', 'pay', 'bill'],
    ['42', null, null],
    ['', null, null],
  ];
  for (const [instruction, verb, noun] of readings)
    it(`reads ${verb} ${noun} in “${instruction}”`, () => {
      assert.deepEqual(rootVerb(instruction), { verb, noun });
    });

  it('takes no longer for a very long instruction', () => {
    const begun = performance.now();
    assert.deepEqual(rootVerb(`Name a river ${'and a lake '.repeat(100_000)}.`), {
      verb: 'name',
      noun: 'river',
    });
    assert.ok(performance.now() - begun < 5000);
  });

  it('is as often right on the held-out labels as the report says', async () => {
    assert.deepEqual((await benchVerbs())['held-out'], MEASURED_ACCURACY);
  });
});

describe('the counts of verbs', () => {
  it('rank verbs by their pairs, and nouns in each; ties go by the alphabet', () => {
    const counts = summarizeVerbs(
      [
        { verb: 'write', noun: 'poem' },
        { verb: 'write', noun: 'poem' },
        { verb: 'write', noun: 'letter' },
        { verb: 'name', noun: 'river' },
        { verb: 'list', noun: 'city' },
        { verb: 'be', noun: null },
        { verb: null, noun: null },
      ],
      3,
    );
    assert.deepEqual(counts, {
      read: 7,
      unread: 3,
      withVerb: 6,
      withPair: 5,
      distinctVerbs: 4,
      distinctPairs: 4,
      top: [
        {
          verb: 'write',
          rows: 3,
          nouns: [
            { noun: 'poem', rows: 2 },
            { noun: 'letter', rows: 1 },
          ],
        },
        { verb: 'list', rows: 1, nouns: [{ noun: 'city', rows: 1 }] },
        { verb: 'name', rows: 1, nouns: [{ noun: 'river', rows: 1 }] },
      ],
    });
  });

  it('keep 20 verbs, and 4 nouns of each', () => {
    const found = Array.from({ length: 30 * 6 }, (_, index) => ({
      verb: `v${index % 30}`,
      noun: `n${index % 6}${index}`,
    }));
    const { top } = summarizeVerbs(found);
    assert.equal(top.length, 20);
    assert.ok(top.every(({ nouns, rows }) => nouns.length === 4 && rows === 6));
  });

  it('leave instructions in other scripts unread', async () => {
    const { read, unread } = await countVerbs(['한국의 강을 세 개 쓰세요.', 'Name a river.'], never);
    assert.deepEqual({ read, unread }, { read: 1, unread: 1 });
  });

  it('are the same from threads', async () => {
    const some = ['Write a poem.', 'Name three rivers.', 'What is a lake?', 'Sort the list.'];
    const many = Array.from({ length: 1200 }, (_, index) => some[index % some.length] ?? '');
    const counts = await countVerbs(many, never);
    assert.deepEqual(counts, summarizeVerbs(many.map(rootVerb)));
  });

  it('end with the signal', async () => {
    const many = Array.from({ length: 1200 }, () => 'Name three rivers.');
    await assert.rejects(countVerbs(many, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
