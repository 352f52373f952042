import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { tokenizationFor } from '../../../workflows/contracts/settings.ts';
import {
  dedupeInput,
  evaluateInput,
  generateInput,
  releaseInput,
  sampleInput,
  tokenizeInput,
  trainInput,
} from '../../../workflows/contracts/steps.ts';
import { describeIssue } from '../../../workflows/input.ts';

const INPUTS = {
  alpacaInput,
  sampleInput,
  generateInput,
  dedupeInput,
  tokenizeInput,
  trainInput,
  evaluateInput,
  releaseInput,
};

describe('the contracts', () => {
  for (const [name, schema] of Object.entries(INPUTS)) {
    it(`${name} takes {}, and what it makes of it once more`, () => {
      const defaults = schema.parse({});
      assert.deepEqual(schema.parse(defaults), defaults);
    });

    it(`${name} is a JSON Schema that requires nothing and allows nothing unknown`, () => {
      const json = z.toJSONSchema(schema, { io: 'input' });
      assert.equal(json.type, 'object');
      assert.equal(json.required, undefined);
      assert.equal(json.additionalProperties, false);
    });
  }

  it('has the recipe’s own parameters as its defaults', () => {
    const { generate, dedupe, tokenize, train } = alpacaInput.parse({});
    assert.deepEqual(
      [
        generate.seedTasksPerPrompt,
        generate.promptsPerRequest,
        generate.instructionsPerPrompt,
        generate.temperature,
        generate.topP,
        generate.maxTokens,
      ],
      [3, 5, 20, 1, 1, 3072],
    );
    assert.deepEqual([dedupe.threshold, tokenize.maxLength, tokenize.trainOnPrompt], [0.7, 512, false]);
    assert.deepEqual(
      [train.epochs, train.schedule, train.warmupRatio, train.weightDecay, train.clipNorm],
      [3, 'cosine', 0.03, 0, 1],
    );
  });
});

describe('the tokenization of dedupe', () => {
  it('goes by the language where none is set: the reference’s sees no Korean letter', () => {
    assert.equal(tokenizationFor(null, 'en'), 'rouge');
    assert.equal(tokenizationFor(null, 'ko'), 'unicode');
    assert.equal(tokenizationFor('rouge', 'ko'), 'rouge');
  });
});

describe('a problem with an input', () => {
  const problems = (raw: unknown): string[] => {
    const checked = alpacaInput.safeParse(raw);
    return checked.success ? [] : checked.error.issues.map((issue) => describeIssue(issue, raw));
  };

  it('names the path, the value and what was expected', () => {
    assert.deepEqual(problems({ train: { epochs: 0 } }), [
      'train.epochs is 0: Too small: expected number to be >=1',
    ]);
    assert.deepEqual(problems({ language: 'fr' }), [
      'language is "fr": Invalid option: expected one of "en"|"ko"',
    ]);
    assert.deepEqual(problems({ generate: null }), ['generate is null: expected object, received null']);
    assert.deepEqual(problems('{}'), ['the input is "{}": expected object, received string']);
  });

  it('names unknown fields and where they stand', () => {
    assert.deepEqual(problems({ train: { epoch: 1 } }), ['train has no field "epoch"']);
  });

  it('shortens a long value', () => {
    const [problem] = problems({ language: 'x'.repeat(200) });
    assert.ok(problem !== undefined && problem.length < 150, problem);
  });
});
