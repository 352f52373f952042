import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { heartbeatEvery, heartbeatInterval } from '../../../activities/attempt.ts';

describe('how often an attempt heartbeats', () => {
  afterEach(() => heartbeatEvery(10_000));

  it('is every ten seconds, whatever the timeout of a minute and more', () => {
    assert.equal(heartbeatInterval(60_000), 10_000);
    assert.equal(heartbeatInterval(undefined), 10_000);
  });

  it('is as often as the worker is set to, with two that may be lost before the timeout', () => {
    heartbeatEvery(2000);
    assert.equal(heartbeatInterval(60_000), 2000);
    heartbeatEvery(60_000);
    assert.equal(heartbeatInterval(60_000), 20_000);
    assert.equal(heartbeatInterval(30_000), 10_000);
  });
});
