import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRateLimiter, duration } from '../../../../workers/offline-teacher/rate-limit.ts';

function limiterAt(limits: { requests: number; tokens: number }) {
  const clock = { ms: 0 };
  return { clock, limiter: createRateLimiter({ ...limits, windowMs: 60_000, now: () => clock.ms }) };
}

describe('the rate limiter', () => {
  it('admits the requests of a window and says when the next fits', () => {
    const { clock, limiter } = limiterAt({ requests: 2, tokens: 1000 });
    assert.equal(limiter.admit(1).admitted, true);
    clock.ms = 10_000;
    assert.equal(limiter.admit(1).admitted, true);
    clock.ms = 20_000;
    assert.deepEqual(limiter.admit(1), { admitted: false, reason: 'requests', retryAfterMs: 40_000 });
    clock.ms = 60_000;
    assert.equal(limiter.admit(1).admitted, true);
    assert.equal(limiter.admit(1).admitted, false);
  });

  it('holds a request’s worst case until it is settled', () => {
    const { limiter } = limiterAt({ requests: 100, tokens: 100 });
    const first = limiter.admit(80);
    assert.ok(first.admitted);
    assert.deepEqual(limiter.admit(30), { admitted: false, reason: 'tokens', retryAfterMs: 60_000 });
    first.settle(20);
    assert.equal(limiter.admit(80).admitted, true);
    assert.equal(limiter.admit(1).admitted, false);
  });

  it('waits for as many requests to expire as it needs', () => {
    const { clock, limiter } = limiterAt({ requests: 100, tokens: 100 });
    for (const at of [0, 5_000, 9_000]) {
      clock.ms = at;
      assert.equal(limiter.admit(30).admitted, true);
    }
    assert.deepEqual(limiter.admit(60), { admitted: false, reason: 'tokens', retryAfterMs: 56_000 });
  });

  it('names a request that no waiting makes fit', () => {
    const { limiter } = limiterAt({ requests: 1, tokens: 10 });
    assert.deepEqual(limiter.admit(11), { admitted: false, reason: 'too large', retryAfterMs: null });
  });

  it('settles nothing twice: a request that expired while it was answered', () => {
    const { clock, limiter } = limiterAt({ requests: 10, tokens: 100 });
    const first = limiter.admit(100);
    assert.ok(first.admitted);
    clock.ms = 61_000;
    assert.equal(limiter.admit(100).admitted, true);
    first.settle(10);
    assert.equal(limiter.headers()['x-ratelimit-remaining-tokens'], '0');
  });

  it('reports itself in OpenAI’s headers', () => {
    const { clock, limiter } = limiterAt({ requests: 5, tokens: 100 });
    limiter.admit(30);
    clock.ms = 15_000;
    assert.deepEqual(limiter.headers(), {
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-reset-requests': '45s',
      'x-ratelimit-limit-tokens': '100',
      'x-ratelimit-remaining-tokens': '70',
      'x-ratelimit-reset-tokens': '45s',
    });
    assert.deepEqual([20, 1500, 60_000, 365_000].map(duration), ['20ms', '1.5s', '1m0s', '6m5s']);
  });
});
