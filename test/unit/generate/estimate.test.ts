import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateGeneration } from '../../../activities/generate/estimate.ts';
import type { RunPrompts } from '../../../activities/generate/run-prompts.ts';

const prompts: RunPrompts = {
  text: () => 'p'.repeat(2800),
  occurrence: () => 0,
  longest: () => 'p'.repeat(3984),
};
const recipe = { promptsPerRequest: 5, instructionsPerPrompt: 20, seedTasksPerPrompt: 3, maxTokens: 3072 };
const price = { inputUsdPerMillion: 20, outputUsdPerMillion: 20 };

describe('the estimate', () => {
  it('puts the original’s 52,002 rows at about its cost: under $500 at $20 a million tokens', () => {
    const estimate = estimateGeneration({ settings: recipe, prompts, target: 52_002, price });
    assert.equal(estimate.requests, 2261);
    assert.equal(estimate.promptTokens, 2261 * 5 * 700);
    assert.equal(estimate.completionTokens, 2261 * 5 * 17 * 90);
    assert.equal(estimate.costUsd.toFixed(2), '504.20');
    assert.equal(estimate.acceptedPerRequest, 63.75);
    assert.equal(estimate.free, false);
  });

  it('bounds a request by its longest prompts and every token allowed', () => {
    const estimate = estimateGeneration({ settings: recipe, prompts, target: 10, price });
    assert.equal(estimate.worstCaseRequestUsd.toFixed(6), ((5 * (3984 + 16 + 3072) * 20) / 1e6).toFixed(6));
  });

  it('expects less of each request the more rows are wanted, between 75% and the original’s 27%', () => {
    const requests = [1, 1000, 10_000, 52_002, 100_000].map(
      (target) => estimateGeneration({ settings: recipe, prompts, target, price }).requests,
    );
    assert.deepEqual(requests, [1, 16, 250, 2261, 4348]);
  });

  it('expects no answer beyond the token limit', () => {
    const settings = { ...recipe, maxTokens: 100 };
    const estimate = estimateGeneration({ settings, prompts, target: 1, price });
    assert.equal(estimate.completionTokens, 5 * 100);
  });
});
