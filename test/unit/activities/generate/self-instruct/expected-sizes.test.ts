import assert from 'node:assert/strict';
import { it } from 'node:test';
import { expectedSizes } from '../../../../../activities/generate/self-instruct/expected-sizes.ts';
import { createSelfInstructPrompts } from '../../../../../activities/generate/self-instruct/prompts.ts';

const texts = { instructions: 'abc', classification: 'abcd', outputFirst: 'abcd', inputFirst: 'abcd' };

it('what a prompt and its answer take is measured on the prompts, and known of the original’s answers', () => {
  // 20 characters: 5 tokens each, and 3 for the number.
  const tasks = Array.from({ length: 8 }, (_, index) => ({
    ...{ id: `${index}`, name: `${index}`, is_classification: false },
    instruction: `Say the number ${index} now`.slice(0, 20),
    instances: [{ input: '', output: 'Output: no example' }],
  }));
  const sizes = expectedSizes(createSelfInstructPrompts(1, tasks, texts), tasks);
  // "abc\n" and "9." and eight lines of 24 characters: 198, four a token.
  assert.deepEqual(sizes.instructions, { promptTokens: 50, completionTokens: 56 });
  // "abcd\n\nTask: " and 20 characters and "\nIs it classification?": 54.
  assert.deepEqual(sizes.classification, { promptTokens: 14, completionTokens: 2 });
  // "abcd\n\nTask: " and 20 characters and a line's end: 33.
  assert.deepEqual(
    { ...sizes.instances, completionTokens: Math.round(sizes.instances.completionTokens) },
    { promptTokens: 9, completionTokens: 67 },
  );
});
