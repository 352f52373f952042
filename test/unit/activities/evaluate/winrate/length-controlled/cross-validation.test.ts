import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sampleStandardDeviation } from 'simple-statistics';
import { fitCrossValidated } from '../../../../../../activities/evaluate/winrate/length-controlled/cross-validation.ts';

interface Case {
  seed: number;
  annotations: { output_1: string; output_2: string; preference: number | null }[];
  expected: { length_controlled_minimal: { tight: { scores: number[]; c: number } } };
}

/** Written by length_controlled.py beside it, with scikit-learn. */
const { cases } = JSON.parse(
  readFileSync(new URL('../../../../../fixtures/evaluate/length-controlled.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

/** What is fitted under `length_controlled_minimal`: length and model. */
function rowsOf(annotations: Case['annotations']) {
  const differences = annotations.map(
    ({ output_1, output_2 }) => [...output_1].length - [...output_2].length,
  );
  const deviation = sampleStandardDeviation(differences);
  return annotations.flatMap(({ preference }, index) =>
    preference === null
      ? []
      : [
          {
            features: [Math.tanh((differences[index] ?? 0) / deviation), 0, 1],
            ...{ probability: preference - 1, weight: 1 },
          },
        ],
  );
}

describe('the choice of an inverse penalty', () => {
  for (const { seed, annotations, expected } of cases)
    it(`scores the ten of them as scikit-learn does: data of seed ${seed}`, () => {
      const { tight } = expected.length_controlled_minimal;
      const { scores } = fitCrossValidated(rowsOf(annotations));
      assert.equal(scores.length, 10);
      for (const [place, score] of scores.entries())
        assert.ok(Math.abs(score - (tight.scores[place] ?? 0)) < 1e-6, `${place}: ${score}`);
    });

  it('is the smaller one where all predict equally well', () => {
    const rows = Array.from({ length: 10 }, () => ({ features: [0], probability: 0.5, weight: 1 }));
    assert.equal(fitCrossValidated(rows).c, 1e-4);
  });

  it('goes by rows that are predicted with certainty too', () => {
    // The tenth row is so far out that its share is 1 to the last digit.
    const rows = Array.from({ length: 10 }, (_, index) => ({
      ...{ features: [index === 9 ? 1000 : 1], probability: 1, weight: 1 },
    }));
    const { c, scores } = fitCrossValidated(rows);
    assert.equal(c, 1e4);
    assert.ok(scores.every(Number.isFinite), scores.join());
  });
});
