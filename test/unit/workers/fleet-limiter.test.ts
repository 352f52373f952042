import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startLimiter } from '../../../workers/fleet-limiter.ts';
import { rateLimitWorkflowId } from '../../../workflows/contracts/fleet/rate-limit.ts';

describe('the limiter of a profile', () => {
  it('is one for each fleet of a namespace, on the fleet’s own queue', () => {
    for (const [taskQueue, workflowId] of [
      ['green', 'rate-limit/green/openai'],
      ['alpaca', 'rate-limit/alpaca/openai'],
    ] as const) {
      const { options } = startLimiter({ name: 'openai', limits: null }, taskQueue);
      assert.deepEqual([options.taskQueue, options.workflowId], [taskQueue, workflowId]);
    }
  });

  it('counts embeddings by themselves', () => {
    assert.equal(rateLimitWorkflowId('alpaca', 'openai/embeddings'), 'rate-limit/alpaca/openai/embeddings');
  });
});
