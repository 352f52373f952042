import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heartbeatInterval } from '../../../activities/attempt.ts';

describe('how often an attempt heartbeats', () => {
  it('is every second where few run', () => {
    assert.equal(heartbeatInterval(1), 1000);
    assert.equal(heartbeatInterval(20), 1000);
  });

  it('is twenty a second among all of a process where more run', () => {
    assert.equal(heartbeatInterval(64), 3200);
  });

  it('leaves two to be missed before the shortest heartbeat timeout of 15 seconds', () => {
    assert.equal(heartbeatInterval(256), 5000);
    assert.equal(heartbeatInterval(300), 5000);
  });
});
