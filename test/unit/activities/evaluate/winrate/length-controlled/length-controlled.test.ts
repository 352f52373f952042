import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { unwatched } from '../../../../../../activities/attempt.ts';
import { annotationWithOutputs } from '../../../../../../activities/evaluate/answers/model-outputs.ts';
import type { Judge } from '../../../../../../activities/evaluate/judge/judge.ts';
import { comparePairwise } from '../../../../../../activities/evaluate/judge/pairwise.ts';
import { fitCrossValidated } from '../../../../../../activities/evaluate/winrate/length-controlled/cross-validation.ts';
import {
  type LengthControl,
  lengthControlledWinRate,
} from '../../../../../../activities/evaluate/winrate/length-controlled/length-controlled.ts';
import { fitLogisticRegression } from '../../../../../../activities/evaluate/winrate/length-controlled/logistic-regression.ts';

interface Fit {
  winRate: number;
  standardError: number;
  coefficients: [number, number, number];
  c: number;
  scores: number[];
}

interface Case {
  seed: number;
  annotations: z.input<typeof annotationWithOutputs>[];
  gamed: {
    index: number;
    preference: number | null;
    std_delta_len: number;
    instruction_difficulty: number;
  }[];
  expected: Record<LengthControl, { tight: Fit; default: Fit }>;
}

/** Written by length_controlled.py beside it, with scikit-learn. */
const { cases } = JSON.parse(
  readFileSync(new URL('../../../../../fixtures/evaluate/length-controlled.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

const gamedOf = ({ gamed }: Case) =>
  gamed.map(({ index, preference, std_delta_len, instruction_difficulty }) => ({
    index,
    share: preference,
    lengthDifference: std_delta_len,
    difficulty: instruction_difficulty,
  }));

/** The annotations as they are read from a file. */
const asRead = (annotations: z.input<typeof annotationWithOutputs>[]) =>
  annotations.map((row) => annotationWithOutputs.parse(row));

const CONTROLS = ['length_controlled_v1', 'length_controlled_noreg', 'length_controlled_minimal'] as const;

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not ${expected}`);

describe('the length-controlled win rate', () => {
  for (const example of cases)
    for (const control of CONTROLS)
      it(`is scikit-learn's to 1e-6: data of seed ${example.seed}, ${control}`, () => {
        const { tight } = example.expected[control];
        const sides = { gamed: gamedOf(example), difficulty: null };
        const found = lengthControlledWinRate(asRead(example.annotations), control, sides);
        near(found.c ?? 0, tight.c, 1e-9 * tight.c, 'C');
        near(found.winRate, tight.winRate, 1e-6, 'win rate');
        near(found.standardError, tight.standardError, 1e-6, 'standard error');
        const { length, difficulty, model } = found.coefficients;
        for (const [j, value] of [length, difficulty, model].entries())
          near(value, tight.coefficients[j] ?? Number.NaN, 1e-6, `coefficient ${j}`);
      });

  it('is within 0.1 points of what liblinear stops at by default, as AlpacaEval runs it', () => {
    for (const example of cases)
      for (const control of CONTROLS) {
        const sides = { gamed: gamedOf(example), difficulty: null };
        const { winRate } = lengthControlledWinRate(asRead(example.annotations), control, sides);
        near(winRate, example.expected[control].default.winRate, 0.1, `${example.seed} ${control}`);
      }
  });

  it('moves less than the raw rate under a judge that prefers the longer answer', async () => {
    // given a model whose answers are mostly longer, and a judge who sees nothing else
    const outputs = (generator: string, lengthOf: (i: number) => number) =>
      Array.from({ length: 200 }, (_, i) => ({
        dataset: '',
        instruction: `Instruction ${i}`,
        input: '',
        output: generator.repeat(lengthOf(i)),
        generator,
      }));
    const answers = {
      a: outputs('a', (i) => 40 + ((i * 37) % 100)),
      b: outputs('b', (i) => 20 + ((i * 53) % 100)),
      excluded: 0,
    };
    const longer: Judge = {
      name: 'longer',
      pairsAtOnce: 8,
      prefer: async ([, user]) => {
        const [first = '', second = ''] = (user?.content ?? '').split('<answer_2>');
        const letters = (text: string) => text.match(/^[ab]+$/m)?.[0].length ?? 0;
        return `{"preference": ${letters(first) > letters(second) ? 1 : 2}}`;
      },
    };
    // when both rates are taken of its annotations
    const { pairwise, annotations } = await comparePairwise(longer, answers, unwatched);
    const sides = { gamed: null, difficulty: null };
    const { winRate, coefficients } = lengthControlledWinRate(
      asRead(annotations),
      'length_controlled_minimal',
      sides,
    );
    // then the raw one is far from even, the controlled one is near, and length is what explains it
    assert.ok(pairwise.winRate > 65, `raw ${pairwise.winRate}`);
    assert.ok(Math.abs(winRate - 50) < (pairwise.winRate - 50) / 3, `controlled ${winRate}`);
    assert.ok(coefficients.length < -1, `length ${coefficients.length}`);
  });

  it('is 50 where a model meets itself, as AlpacaEval has it', () => {
    const same = { output_1: 'x', output_2: 'yy', generator_1: 'm', generator_2: 'm', share: 1 };
    const sides = { gamed: null, difficulty: null };
    assert.deepEqual(lengthControlledWinRate([same, same], 'length_controlled_minimal', sides), {
      control: 'length_controlled_minimal',
      winRate: 50,
      standardError: 0,
      coefficients: { length: 0, difficulty: 0, model: 0 },
      c: null,
    });
  });

  it('leaves length out where all answers are equally long', () => {
    const annotations = Array.from({ length: 20 }, (_, i) => ({
      output_1: 'x',
      output_2: 'y',
      generator_1: 'b',
      generator_2: 'm',
      share: i < 15 ? 1 : 0,
    }));
    const sides = { gamed: null, difficulty: null };
    const { winRate, coefficients } = lengthControlledWinRate(
      annotations,
      'length_controlled_minimal',
      sides,
    );
    assert.equal(coefficients.length, 0);
    assert.ok(winRate > 70 && winRate < 75, `${winRate}`);
  });

  it('refuses annotations of several models, and too few', () => {
    const row = { output_1: 'x', output_2: 'y', generator_1: 'b', generator_2: 'm', share: 1 };
    const sides = { gamed: null, difficulty: null };
    assert.throws(
      () =>
        lengthControlledWinRate([row, { ...row, generator_2: 'other' }], 'length_controlled_minimal', sides),
      { code: 'InvalidInput', message: /more than one pair of models/ },
    );
    assert.throws(
      () =>
        lengthControlledWinRate([row, { ...row, generator_1: 'other' }], 'length_controlled_minimal', sides),
      { code: 'InvalidInput', message: /more than one pair of models/ },
    );
    assert.throws(() => lengthControlledWinRate([], 'length_controlled_minimal', sides), {
      code: 'InvalidInput',
      message: /no annotations/,
    });
    assert.throws(() => lengthControlledWinRate([row, row], 'length_controlled_minimal', sides), {
      code: 'InvalidInput',
      message: /2 judged pairs are too few/,
    });
  });
});

describe('fitLogisticRegression', () => {
  it('finds the coefficient of one feature that can be worked out by hand', () => {
    // C n (sigmoid(w) - p) = -1 at the minimum for w > 0: sigmoid(w) = 0.8 - 1 / (10 * 10)
    const rows = Array.from({ length: 10 }, () => ({ features: [1], probability: 0.8, weight: 1 }));
    const [w = 0] = fitLogisticRegression(rows, 10);
    near(w, Math.log(0.79 / 0.21), 1e-12, 'w');
  });

  it('is zero where the penalty outweighs the data', () => {
    const rows = [{ features: [1, 0], probability: 0.9, weight: 1 }];
    assert.deepEqual(fitLogisticRegression(rows, 1e-4), [0, 0]);
  });

  it('takes the smaller inverse penalty where all predict equally well', () => {
    const rows = Array.from({ length: 10 }, () => ({ features: [0], probability: 0.5, weight: 1 }));
    assert.equal(fitCrossValidated(rows).c, 1e-4);
  });
});
