import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstState } from '../../../../workflows/decisions/generation-state.ts';
import { nextPollSeconds, worstCaseOfPrompts } from '../../../../workflows/decisions/next-job.ts';
import { paidEstimate, reference } from '../../../workflow/scripted-activities.ts';

describe('a job', () => {
  it('is looked at after waits half as long again, of ten minutes at most, or of what its profile begins with', () => {
    const after = (seconds: number, pollSeconds: number) =>
      nextPollSeconds(seconds, { requestsPerJob: 10, pollSeconds });
    assert.deepEqual([after(60, 60), after(90, 60), after(500, 60), after(600, 60)], [90, 135, 600, 600]);
    assert.equal(after(900, 900), 900);
  });

  it('can cost for single prompts their share of a request', () => {
    const estimate = { ...paidEstimate, worstCaseRequestUsd: 2 };
    assert.equal(worstCaseOfPrompts(firstState(0, reference('seed-tasks', 175), estimate), 3, 5), 1.2);
  });
});
