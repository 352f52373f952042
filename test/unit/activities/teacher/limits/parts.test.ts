import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAdaptiveConcurrency } from '../../../../../activities/teacher/limits/adaptive-concurrency.ts';
import { FairQueue } from '../../../../../activities/teacher/limits/fair-queue.ts';
import {
  LearntLimits,
  readDuration,
  readLimitHeaders,
} from '../../../../../activities/teacher/limits/headers.ts';

describe('adaptive concurrency', () => {
  /** One round trip: everything that may be in flight is started, then all of it ends alike. */
  const roundTrip = (
    concurrency: ReturnType<typeof createAdaptiveConcurrency>,
    outcome: 'answered' | 'overloaded',
    width = concurrency.limit,
  ) => {
    const tickets = Array.from({ length: width }, () => concurrency.start());
    for (const ticket of tickets) concurrency.end(ticket, outcome);
  };

  it('starts at the most, and halves once for one burst of refusals', () => {
    const concurrency = createAdaptiveConcurrency(64);
    assert.equal(concurrency.limit, 64);
    roundTrip(concurrency, 'overloaded');
    assert.equal(concurrency.limit, 32);
  });

  it('goes down to one in a storm, and comes back to the most after it', () => {
    const concurrency = createAdaptiveConcurrency(64);
    for (let trip = 0; trip < 10; trip += 1) roundTrip(concurrency, 'overloaded');
    assert.equal(concurrency.limit, 1);
    const recovering = Array.from({ length: 20 }, () => {
      roundTrip(concurrency, 'answered');
      return concurrency.limit;
    });
    assert.deepEqual(recovering.slice(0, 4), [5, 8, 11, 14]);
    assert.equal(recovering.at(-1), 64);
  });

  it('has no bound until the endpoint complains, where the profile has none', () => {
    const concurrency = createAdaptiveConcurrency(null);
    roundTrip(concurrency, 'answered', 500);
    assert.equal(concurrency.limit, Number.POSITIVE_INFINITY);
    roundTrip(concurrency, 'overloaded', 100);
    assert.equal(concurrency.limit, 50);
  });
});

describe('the queue of a process', () => {
  it('takes turns between keys, however many each waits with', () => {
    const queue = new FairQueue<string>();
    for (let index = 0; index < 5; index += 1) queue.add({ priority: 3, fairnessKey: 'a' }, `a${index}`);
    assert.equal(queue.remove('a0'), true);
    for (let index = 0; index < 2; index += 1) queue.add({ priority: 3, fairnessKey: 'b' }, `b${index}`);
    assert.deepEqual(queue.first(9), ['b0', 'a1', 'b1', 'a2', 'a3', 'a4']);
  });

  it('serves a lower priority number before all others', () => {
    const queue = new FairQueue<string>();
    queue.add({ priority: 3, fairnessKey: 'a' }, 'usual');
    queue.add({ priority: 1, fairnessKey: 'b' }, 'urgent');
    assert.deepEqual(queue.first(2), ['urgent', 'usual']);
    assert.equal(queue.remove('absent'), false);
  });
});

describe('the headers of an endpoint', () => {
  const stated = (remaining: number) =>
    new Headers({
      'x-ratelimit-limit-tokens': '40000',
      'x-ratelimit-remaining-tokens': String(remaining),
      'x-ratelimit-reset-tokens': '52.5s',
    });

  it('are read as OpenAI writes them', () => {
    assert.deepEqual(readLimitHeaders(stated(30_000), 60_000), {
      limits: { requests: null, tokens: 40_000 },
      used: { requests: 0, tokens: 10_000, resetMs: 52_500 },
      left: 0.75,
    });
    assert.equal(readLimitHeaders(new Headers({ 'x-ratelimit-limit-tokens': 'many' }), 60_000), null);
    assert.deepEqual(['120ms', '6m0s', '8.64s', '7', 'soon'].map(readDuration), [
      120,
      360_000,
      8640,
      7000,
      null,
    ]);
  });

  it('are passed over where they state a limit by the day: it takes longer than a window to reset', () => {
    const byTheDay = stated(100);
    byTheDay.set('x-ratelimit-reset-tokens', '2m59.5s');
    assert.equal(readLimitHeaders(byTheDay, 60_000), null);
  });

  it('teach a limit once it binds, and for ten windows', () => {
    const learnt = new LearntLimits(60_000);
    learnt.observe(stated(30_000), 200, 0);
    assert.deepEqual(learnt.limits(1), { requests: null, tokens: null });
    learnt.observe(stated(9000), 200, 2);
    assert.deepEqual(learnt.limits(600_001), { requests: null, tokens: 40_000 });
    assert.deepEqual(learnt.limits(600_002), { requests: null, tokens: null });
  });

  it('teach a limit at once by a refusal', () => {
    const learnt = new LearntLimits(60_000);
    learnt.observe(stated(30_000), 429, 0);
    assert.equal(learnt.limits(1).tokens, 40_000);
  });
});
