import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { CONTRACTS } from '../../../workflows/schemas.ts';

const INPUTS = Object.entries(CONTRACTS).filter(([name]) => name.endsWith('.input'));

describe('the contracts', () => {
  for (const [name, schema] of INPUTS) {
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
    const { generate, dedupe, filter, tokenize, train } = alpacaInput.parse({});
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
    assert.equal(filter, null);
    assert.deepEqual([dedupe.threshold, tokenize.maxLength, tokenize.trainOnPrompt], [0.7, 512, false]);
    assert.deepEqual(
      [train.epochs, train.schedule, train.warmupRatio, train.weightDecay, train.clipNorm],
      [3, 'cosine', 0.03, 0, 1],
    );
  });
});

describe('a problem with an input', () => {
  const problems = (raw: unknown): string[] => {
    const checked = alpacaInput.safeParse(raw);
    return checked.success ? [] : checked.error.issues.map((issue) => describeIssue(issue, raw));
  };

  it('names the path, the value and what was expected', () => {
    assert.deepEqual(problems({ train: { epochs: 0 } }), ['train.epochs is 0: expected at least 1']);
    assert.deepEqual(problems({ language: 'French' }), [
      'language is "French": expected the name of a language’s folder, such as "ko"',
    ]);
    assert.deepEqual(problems({ generate: null }), ['generate is null: expected an object']);
    assert.deepEqual(problems('{}'), ['the input is "{}": expected an object']);
  });

  it('says what was expected in words for every kind of problem', () => {
    assert.deepEqual(problems({ train: { epochs: 1.5, clipNorm: 0, weightDecay: 2 } }), [
      'train.epochs is 1.5: expected a whole number',
      'train.weightDecay is 2: expected at most 1',
      'train.clipNorm is 0: expected more than 0',
    ]);
    assert.deepEqual(problems({ generate: { from: 5 } }), [
      'generate.from is 5: expected an object or a text',
    ]);
    assert.deepEqual(problems({ sample: { seedTasks: '' } }), [
      'sample.seedTasks is "": expected at least 1 character',
    ]);
    assert.deepEqual(problems({ release: { name: '-' } }), [
      'release.name is "-": expected a text that matches /^[a-z0-9][a-z0-9._-]*$/i',
    ]);
    assert.deepEqual(
      problems({ sample: { seedTasks: { uri: 'x', sha256: 'a'.repeat(64), bytes: 0, rows: 0 } } }),
      ['sample.seedTasks.uri is "x": expected artifact://KIND/SHA256/NAME'],
    );
    assert.deepEqual(problems({ filter: { rules: ['cod'], decontaminate: { files: [], words: 3 } } }), [
      'filter.rules.0 is "cod": expected "json" or "code" or "arithmetic" or "refusal" or "truncated" or "language" or "echo" or "markup" or "repetition" or "personal-data"',
      'filter.decontaminate.files is []: expected at least 1 element',
      'filter.decontaminate.words is 3: expected at least 5',
    ]);
    assert.deepEqual(problems({ dedupe: { embedding: { threshold: 1.5 } } }), [
      'dedupe.embedding.teacher is missing: expected a text',
      'dedupe.embedding.threshold is 1.5: expected at most 1',
    ]);
  });

  it('names unknown fields and where they stand', () => {
    assert.deepEqual(problems({ train: { epoch: 1 } }), ['train has no field "epoch"']);
  });

  it('shortens a long value', () => {
    const [problem] = problems({ language: 'x'.repeat(200) });
    assert.ok(problem !== undefined && problem.length < 150, problem);
  });
});
