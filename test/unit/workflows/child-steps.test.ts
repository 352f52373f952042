import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChildWorkflows } from '../../../workflows/child-steps.ts';
import type { EvaluateInput, EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import type { GenerateInput, GenerateResult } from '../../../workflows/contracts/generate.ts';
import type { TrainInput, TrainResult } from '../../../workflows/contracts/train.ts';
import * as registered from '../../../workflows/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Takes<Name extends keyof ChildWorkflows> = Parameters<ChildWorkflows[Name]>[0];
type Gives<Name extends keyof ChildWorkflows> = Awaited<ReturnType<ChildWorkflows[Name]>>;

/** The compiler refuses this file where a name goes with another step's input or result. */
const CHILDREN: { [Name in keyof ChildWorkflows]: [takes: true, gives: true] } = {
  generate: [
    true satisfies Same<Takes<'generate'>, GenerateInput>,
    true satisfies Same<Gives<'generate'>, GenerateResult>,
  ],
  train: [true satisfies Same<Takes<'train'>, TrainInput>, true satisfies Same<Gives<'train'>, TrainResult>],
  evaluate: [
    true satisfies Same<Takes<'evaluate'>, EvaluateInput>,
    true satisfies Same<Gives<'evaluate'>, EvaluateResult>,
  ],
};

describe('the steps that a run has as children', () => {
  it('are workflows that a worker registers', () => {
    for (const name of Object.keys(CHILDREN)) assert.ok(name in registered, name);
  });
});
