import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { figuresOf } from '../../../../../activities/evaluate/answers/answer-figures.ts';

const question = (reference: string) => ({ instruction: 'Q', input: '', dataset: '', reference });
const rougeOf = (pairs: [reference: string, answer: string][], tokenization: 'rouge' | null) =>
  figuresOf(
    pairs.map(([reference]) => question(reference)),
    pairs.map(([, answer]) => answer),
    { rightAnswer: () => null, tokenization },
  ).rougeL;

describe('ROUGE-L against the references', () => {
  const RUSSIAN: [string, string][] = [
    ['Париж стоит на Сене.', 'Париж стоит на Сене.'],
    ['Да.', 'Нет.'],
  ];

  it('sees references in another script, where most are so and none is set', () => {
    assert.deepEqual(rougeOf(RUSSIAN, null), { rows: 2, mean: 0.5 });
    assert.deepEqual(rougeOf(RUSSIAN, 'rouge'), { rows: 2, mean: 0 });
  });

  it('is the reference’s own where half or fewer are so', () => {
    const [first = ['', '']] = RUSSIAN;
    assert.deepEqual(rougeOf([first, ['Paris.', 'paris']], null), { rows: 2, mean: 0.5 });
  });
});
