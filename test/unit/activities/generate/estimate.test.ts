import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingObserved, observe } from '../../../../activities/generate/accept/recorded-yield.ts';
import { estimateGeneration } from '../../../../activities/generate/estimate.ts';
import type { RunPrompts } from '../../../../activities/generate/prompt/run-prompts.ts';
import type { Estimated } from '../../../../workflows/contracts/progress.ts';
import { noYield } from '../../../../workflows/decisions/yield-counts.ts';

const prompts: RunPrompts = {
  text: () => 'p'.repeat(2800),
  occurrence: () => 0,
  longest: () => 'p'.repeat(3984),
};
const recipe = {
  ...{ promptsPerRequest: 5, instructionsPerPrompt: 20, seedTasksPerPrompt: 3, maxTokens: 3072 },
  stage: null,
};
/** eight requests at a time, with nothing recorded */
const NEW = { concurrency: 8, recorded: null };
const price = { inputUsdPerMillion: 20, outputUsdPerMillion: 20 };

describe('the estimate', () => {
  it('puts the original’s 52,002 rows at about its cost: under $500 at $20 a million tokens', () => {
    const estimate = estimateGeneration({ ...NEW, settings: recipe, prompts, target: 52_002, price });
    assert.equal(estimate.requests, 2263);
    assert.equal(estimate.promptTokens, 2263 * 5 * 700);
    assert.equal(estimate.completionTokens, 2263 * 5 * 17 * 90);
    assert.equal(estimate.costUsd.toFixed(2), ((2263 * 5 * (700 + 17 * 90) * 20) / 1e6).toFixed(2));
    assert.equal(estimate.acceptedPerRequest, 63.75);
    assert.equal(estimate.free, false);
  });

  it('bounds a request by its longest prompts and every token allowed', () => {
    const estimate = estimateGeneration({ ...NEW, settings: recipe, prompts, target: 10, price });
    assert.equal(estimate.worstCaseRequestUsd.toFixed(6), ((5 * (3984 + 16 + 3072) * 20) / 1e6).toFixed(6));
  });

  it('expects less of each request the more rows are wanted, from 75% down to the original’s 27% and on', () => {
    const requests = [1, 1000, 10_000, 52_002, 100_000].map(
      (target) => estimateGeneration({ ...NEW, settings: recipe, prompts, target, price }).requests,
    );
    assert.deepEqual(requests, [1, 18, 273, 2263, 5325]);
  });

  it('expects no answer beyond the token limit', () => {
    const settings = { ...recipe, maxTokens: 100 };
    const estimate = estimateGeneration({ ...NEW, settings, prompts, target: 1, price });
    assert.equal(estimate.completionTokens, 5 * 100);
  });

  it('has an interval for each figure, and says what it rests on', () => {
    const { outlook } = estimateGeneration({ ...NEW, settings: recipe, prompts, target: 2000, price });
    const { forecast } = outlook;
    assert.deepEqual([forecast.basis, forecast.measuredRequests], ['assumed', 0]);
    for (const figure of ['requests', 'promptTokens', 'completionTokens', 'costUsd', 'hours'] as const) {
      const { low, value, high } = forecast[figure];
      assert.ok(low < value && value < high, `${figure}: ${low} ${value} ${high}`);
    }
    // 39 requests, eight at a time, 1,530 tokens an answer at 60 a second.
    assert.equal((forecast.hours.value * 3600).toFixed(3), ((39 / 8) * (1530 / 60)).toFixed(3));
  });

  it('goes by what an earlier run in the store saw, and is surer then', () => {
    const observed = nothingObserved();
    let accepted = 0;
    for (let request = 0; request < 40; request += 1) {
      const rows = 40 + (request % 3);
      const line = { ...noYield(), request, accepted: rows, refused: 0, costUsd: 0 };
      observe(observed, { ...line, promptTokens: 3000, completionTokens: 5000 + request }, accepted);
      accepted += rows;
    }
    const seconds = { count: 40, sum: 400, squares: 4000 };
    const recorded = { model: 'm', observed, seconds };
    const given = { settings: recipe, prompts, target: 1600, price, concurrency: 8 };
    const { forecast } = estimateGeneration({ ...given, recorded }).outlook;
    assert.deepEqual([forecast.basis, forecast.measuredRequests], ['recorded', 40]);
    assert.ok(Math.abs(forecast.requests.value - 40) <= 2, String(forecast.requests.value));
    assert.equal(forecast.hours.value * 3600, (forecast.requests.value / 8) * 10);
    const width = ({ low, high }: Estimated) => high / low;
    const assumed = estimateGeneration({ ...given, recorded: null }).outlook.forecast;
    assert.ok(width(forecast.requests) < width(assumed.requests) / 2);
  });
});
