import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { unwatched } from '../../../../../../activities/attempt.ts';
import { annotationWithOutputs } from '../../../../../../activities/evaluate/answers/model-outputs.ts';
import type { Judge } from '../../../../../../activities/evaluate/judge/judge.ts';
import { comparePairwise } from '../../../../../../activities/evaluate/judge/pairwise.ts';
import {
  type LengthControl,
  lengthControlledWinRate,
  type SideFiles,
} from '../../../../../../activities/evaluate/winrate/length-controlled/length-controlled.ts';

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
      ...{ atOnce: 8, askings: 1, verdictTokens: 64 },
      reply: async ([, user]) => {
        const [first = '', second = ''] = (user?.content ?? '').split('<answer_2>');
        const letters = (text: string) => text.match(/^[ab]+$/m)?.[0].length ?? 0;
        return { text: `{"preference": ${letters(first) > letters(second) ? 1 : 2}}`, cut: false };
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
    const raw = pairwise.winRate ?? 0;
    assert.ok(raw > 65, `raw ${raw}`);
    assert.ok(Math.abs(winRate - 50) < (raw - 50) / 3, `controlled ${winRate}`);
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
    const judged = {
      gamed: Array(20).fill({ index: 0, share: 1, lengthDifference: 1, difficulty: 1 }),
      difficulty: new Map([[0, 0.5]]),
    };
    assert.throws(() => lengthControlledWinRate([{ ...row, share: null }], 'length_controlled_v1', judged), {
      code: 'InvalidInput',
      message: /^0 judged pairs are too few/,
    });
    assert.throws(() => lengthControlledWinRate(Array(4).fill(row), 'length_controlled_minimal', sides), {
      code: 'InvalidInput',
      message: /4 judged pairs are too few/,
    });
    const { c } = lengthControlledWinRate(Array(5).fill(row), 'length_controlled_minimal', sides);
    assert.equal(c, 1e4);
  });

  it('refuses a fit without the side file that it needs', () => {
    const row = { output_1: 'x', output_2: 'y', generator_1: 'b', generator_2: 'm', share: 1 };
    const difficulty = new Map([[0, 0.5]]);
    const refused = (control: LengthControl, sides: SideFiles, message: RegExp) =>
      assert.throws(() => lengthControlledWinRate([row, row], control, sides), {
        code: 'InvalidInput',
        message,
      });
    refused('length_controlled_v1', { gamed: null, difficulty }, /needs .* df_gamed\.csv/);
    refused(
      'length_controlled_noreg',
      { gamed: null, difficulty: null },
      /needs .* instruction_difficulty\.csv/,
    );
    refused('length_controlled_noreg', { gamed: null, difficulty }, /no difficulty for instruction 1/);
  });

  it('takes difficulties from their own file, or else from that of the gamed baselines', () => {
    const [example] = cases;
    assert.ok(example);
    const annotations = asRead(example.annotations);
    const gamed = gamedOf(example);
    const difficulty = new Map(gamed.map((row) => [row.index, row.difficulty]));
    const control = 'length_controlled_noreg';
    assert.deepEqual(
      lengthControlledWinRate(annotations, control, { gamed: null, difficulty }),
      lengthControlledWinRate(annotations, control, { gamed, difficulty: null }),
    );
  });

  it('is of as few as one or two pairs where gamed baselines are beside them', () => {
    // Baselines that are liked for their length and in what is difficult.
    const gamed = Array.from({ length: 20 }, (_, place) => ({
      ...{ index: place % 2, difficulty: place % 2 === 0 ? 1 : -1 },
      ...{
        share: [0.34, 0.13, 0.87, 0.66][place % 4] ?? 0,
        lengthDifference: [2, 1, -1, -2][place % 4] ?? 0,
      },
    }));
    const of = (...answers: string[]) =>
      lengthControlledWinRate(
        answers.map((output_2) => ({
          ...{ output_1: 'x', output_2, generator_1: 'b', generator_2: 'm', share: 0.8 },
        })),
        'length_controlled_v1',
        { gamed, difficulty: null },
      );
    assert.equal(of('yyy').standardError, 0);
    const longer = of('yyy', 'yyyyyyyyy');
    const { difficulty, model } = longer.coefficients;
    const [of0, of1] = [1, -1].map((sign) => 100 / (1 + Math.exp(-(sign * difficulty + model))));
    assert.ok(of0 !== undefined && of1 !== undefined && of0 - of1 > 1, `${of0} ${of1}`);
    near(longer.standardError, (of0 - of1) / 2, 1e-9, 'standard error');
    assert.ok(longer.winRate < of('y', 'y').winRate - 5, `controlled ${longer.winRate}`);
  });
});
