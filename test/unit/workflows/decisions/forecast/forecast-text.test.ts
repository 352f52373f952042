import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Forecast } from '../../../../../workflows/contracts/progress.ts';
import {
  costText,
  forecastText,
  timeLeftText,
  tokensText,
} from '../../../../../workflows/decisions/forecast/forecast-text.ts';

const estimated = (value: number, low: number, high: number) => ({ value, low, high });

const forecast: Forecast = {
  ...{ basis: 'assumed', measuredRequests: 0, requests: estimated(1320, 290, 3550) },
  ...{ promptTokens: estimated(12_000.4, 9000, 15_000), completionTokens: estimated(7, 6, 9) },
  ...{ costUsd: estimated(0, 0, 0), hours: estimated(1, 0.02, 3) },
  secondsLeft: estimated(90, 89, 5400),
};

describe('a forecast in words', () => {
  it('says what it goes by, and that a teacher is free', () => {
    const figures = 'about 1,320 (290 to 3,550) requests, free, 60 min (72 s to 3.0 h)';
    const bases = {
      assumed: 'assumed: no run of this model and these settings is recorded here',
      recorded: 'from an earlier run here',
      measured: 'measured in this run',
      'stage-measured': 'this stage measured in this run, the stages to come assumed',
    } as const;
    for (const basis of ['assumed', 'recorded', 'measured', 'stage-measured'] as const)
      assert.equal(forecastText({ ...forecast, basis }), `${figures}; ${bases[basis]}`);
  });

  it('says dollars in cents, and parts of a cent where they are few', () => {
    assert.equal(costText(estimated(4.1, 3.7, 4.6)), '4.10 USD (3.70 USD to 4.60 USD)');
    assert.equal(costText(estimated(0.0999, 0, 0.1)), '0.0999 USD (0.00 USD to 0.10 USD)');
  });

  it('says the tokens of both kinds', () => {
    assert.equal(tokensText(forecast), '12,000 (9,000 to 15,000) prompt and 7 (6 to 9) completion tokens');
  });

  it('says the time left in seconds below 90, in minutes below 90', () => {
    assert.equal(timeLeftText(forecast), '2 min left (89 s to 1.5 h)');
  });
});
