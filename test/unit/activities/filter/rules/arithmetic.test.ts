import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arithmetic } from '../../../../../activities/filter/rules/arithmetic.ts';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';
import { reasonOf, row } from './rows.ts';

const reason = (output: string) => reasonOf(arithmetic, { output });

describe('the rule arithmetic', () => {
  it('drops a calculation that is wrong, and says both sides', () => {
    assert.deepEqual(arithmetic(row({ output: 'In all, 12 x 4 + 2 = 52 chairs.' }), filterWordsOf('en')), {
      reason: 'the left side is 50, the right side 52',
      found: '12 x 4 + 2 = 52',
    });
    for (const output of [
      '2 + 2 = 5',
      '17 * 3 = 41',
      'The answer is 100 / 8 = 12.6.',
      'So 1,200 - 350 = 950.',
      '1. 3 + 4 = 8\n2. 3 + 5 = 8',
      'Total: $3.50 + $4.25 = $7.85',
      '-5 + 3 = 2',
      '9 ÷ 2 = 4.6',
      'x = 7 × 8 = 54',
      '20 = 4 * 6',
      '1/2 + 1/3 = 2/5',
    ])
      assert.notEqual(reason(output), null, output);
  });

  it('drops it in Korean too', () => {
    assert.notEqual(reasonOf(arithmetic, { output: '따라서 12 + 30 = 43개입니다.' }, 'ko'), null);
    assert.equal(reasonOf(arithmetic, { output: '따라서 12 + 30 = 42개입니다.' }, 'ko'), null);
    assert.equal(
      reasonOf(arithmetic, { output: '따라서 4천 + 6천 = 10,000, 즉 4000 + 6000 = 1만입니다.' }, 'ko'),
      null,
    );
  });

  it('keeps what is right, rounded or cut off at the last place', () => {
    for (const output of [
      '12 x 4 + 2 = 50',
      '10 / 3 = 3.33',
      '20 / 3 = 6.66...',
      '20 / 3 = 6.67',
      '1,200 - 350 = 850',
      '0.1 + 0.2 = 0.3',
      '1/2 + 1/3 = 5/6',
      '2 + 3 * 4 = 14',
      '7 / 2 = 3',
      '123456789 * 987654321 = 121932631112635269',
    ])
      assert.equal(reason(output), null, output);
  });

  it('keeps results in per cent, cents or thousands that are left unsaid, and divisions that can be read in two ways', () => {
    for (const output of [
      '1 / 2 = 50',
      '3 * 25 = $0.75',
      '5 * 3 = $15,000',
      '28 / 1/5 = 140',
      '2000 / 2/3 = 3000',
    ])
      assert.equal(reason(output), null, output);
    assert.notEqual(reason('5 * 3 = 150'), null);
  });

  it('keeps a chain that goes on from a result', () => {
    assert.equal(reason('5 + 3 = 8 - 2 = 6'), null);
    assert.notEqual(reason('5 + 3 = 9 - 2 = 7'), null);
  });

  it('keeps what has variables, powers, roots, per cent or parentheses in it', () => {
    for (const output of [
      '2x + 3 = 11',
      'x - 12 + 7 = 5',
      'half of 10 + 2 = 7',
      '3^2 + 1 = 10',
      '3² + 4² = 25',
      '50 + 10% = 55',
      '(2 + 3) * 4 = 20',
      '2 * (1 + 1 = 2',
      '2 + 3 = 5x',
      '5! / 4 = 30',
      '4 / 5 = 80%',
      'f(2) + 3 = 9',
      'n * 2 + 3 = 9',
      '1,5 + 1,5 = 3',
      '1.000 * 1.000 = 1.000.000',
    ])
      assert.equal(reason(output), null, output);
  });

  it('keeps other units, other rules, and remainders', () => {
    for (const output of [
      '30 + 30 = 1 hour',
      '11 + 2 = 1 pm',
      '7 / 2 = 3 remainder 1',
      'In binary, 1 + 1 = 10.',
      '7 + 8 = 3 (mod 12)',
      '2 * 6 = 1 dozen',
    ])
      assert.equal(reason(output), null, output);
  });

  it('keeps what is said to be wrong, is a question or a quotation, is code, or comes from the task', () => {
    for (const output of [
      '2 + 2 = 5 is wrong.',
      'Is 2 + 2 = 5?',
      'He says "2 + 2 = 5".',
      'Write `2 + 2 = 5`.',
      '```\n2 + 2 = 5\n```',
      'It is about 3 + 4 = 8.',
    ])
      assert.equal(reason(output), null, output);
    assert.equal(reasonOf(arithmetic, { input: '2 + 3 = 10', output: '2 + 3 = 10' }), null);
  });

  it('keeps comparisons and assignments of programs', () => {
    for (const output of ['assert 1 + 1 == 3', '1 + 1 >= 3', '1 + 1 != 3', 'a += 1', 'x=1,y=2'])
      assert.equal(reason(output), null, output);
  });

  it('takes a line of signs and numbers without an end in time', () => {
    const begun = performance.now();
    reason(`${'1+'.repeat(500_000)}1=`);
    reason('1 + 1 = 2, '.repeat(180));
    reason('='.repeat(1_000_000));
    assert.ok(performance.now() - begun < 5000);
  });
});
