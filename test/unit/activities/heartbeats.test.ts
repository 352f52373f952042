import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { runAttempt } from '../../../activities/activity-attempt.ts';

/** Heartbeats of an attempt in a second, by the timeout that its workflow gave it. */
async function heartbeatsInASecond(
  { mock }: import('node:test').TestContext,
  info: { heartbeatTimeoutMs?: number },
): Promise<number> {
  mock.timers.enable({ apis: ['setInterval'] });
  const environment = new MockActivityEnvironment(info);
  let count = 0;
  environment.on('heartbeat', () => {
    count += 1;
  });
  await environment.run(runAttempt, async () => mock.timers.tick(1000));
  mock.timers.reset();
  return count;
}

describe('how often an attempt heartbeats', () => {
  it('is four times in the timeout that its workflow gives, so that three may be lost', async (context) => {
    assert.equal(await heartbeatsInASecond(context, { heartbeatTimeoutMs: 4000 }), 1);
    assert.equal(await heartbeatsInASecond(context, { heartbeatTimeoutMs: 1000 }), 4);
    assert.equal(await heartbeatsInASecond(context, { heartbeatTimeoutMs: 40_000 }), 0);
  });
});
