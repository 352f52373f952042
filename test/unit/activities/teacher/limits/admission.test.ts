import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import { createAdmission } from '../../../../../activities/teacher/limits/admission.ts';
import type { LeaseCall } from '../../../../../workflows/contracts/fleet/rate-limit.ts';
import { LeaseBook } from '../../../../../workflows/decisions/quota/lease-book.ts';

const { signal } = new AbortController();
const limitedByPerson = async () => false;
const unlimited = { name: 'p', concurrency: null, timeoutMs: 1000, limits: null };

/** An admission of a short window, its limiter's book, and the calls that were made. */
function limited(tokensPerMinute: number, windowSeconds = 0.3) {
  const limits = { requestsPerMinute: null, tokensPerMinute, windowSeconds, leasesPerSecond: 50 };
  const book = new LeaseBook(windowSeconds * 1000);
  const calls: LeaseCall[] = [];
  const admission = createAdmission({
    profile: { ...unlimited, limits },
    holder: 'here',
    limitedByPerson,
    lease: async (call) => {
      calls.push(call);
      return book.lease(call, Date.now());
    },
  });
  return { admission, book, calls };
}

describe('admission', () => {
  it('costs an endpoint without limits nothing: no call is made', async () => {
    const admission = createAdmission({
      profile: unlimited,
      holder: 'here',
      limitedByPerson,
      lease: () => assert.fail('the limiter was asked'),
    });
    const results = Array.from({ length: 300 }, (_, index) =>
      admission.run(5000, { signal }, async ({ ended }) => {
        ended(10);
        return index;
      }),
    );
    assert.equal((await Promise.all(results)).length, 300);
  });

  it('asks once for all that waits, and reports once what ended', async () => {
    const { admission, calls, book } = limited(1000);
    const work = Array.from({ length: 10 }, () =>
      admission.run(100, { signal }, async ({ ended }) => ended(50)),
    );
    await Promise.all(work);
    await sleep(60);
    assert.ok(calls.length <= 3, `${calls.length} calls`);
    assert.deepEqual(calls[0]?.wanted, Array(10).fill(100));
    assert.deepEqual(book.view('p', Date.now()).ended, { requests: 10, tokens: 500 });
  });

  it('waits for room, and lets go of what is cancelled while it waits', async () => {
    const { admission, book } = limited(100);
    await admission.run(100, { signal }, async ({ ended }) => ended(100));
    const stop = new AbortController();
    const waiting = admission.run(100, { signal: stop.signal }, async () => assert.fail('it was sent'));
    stop.abort(new Error('cancelled'));
    await assert.rejects(waiting, /cancelled/);
    const before = Date.now();
    await admission.run(100, { signal }, async ({ ended }) => ended(100));
    assert.ok(Date.now() - before >= 200, 'it did not wait for the window');
    await sleep(60);
    assert.equal(book.view('p', Date.now()).inFlight.tokens, 0);
  });

  it('charges nothing for a refusal but the request, and the worst case where it may be paid', async () => {
    const { admission, book } = limited(1000, 5);
    for (const mayBePaid of [false, true]) {
      const failure = new TeacherFailure('TeacherUnavailable', 'down', { mayBePaid });
      await assert.rejects(
        admission.run(100, { signal }, () => Promise.reject(failure)),
        /down/,
      );
    }
    await sleep(60);
    assert.deepEqual(book.view('p', Date.now()).ended, { requests: 2, tokens: 100 });
  });

  it('narrows at a 429, says so, and hands the failure on', async () => {
    const said: string[] = [];
    const admission = createAdmission({
      profile: { ...unlimited, concurrency: 8 },
      holder: 'here',
      limitedByPerson,
      lease: () => assert.fail('the limiter was asked'),
      log: (message) => said.push(message),
    });
    const refused = new TeacherFailure('RateLimited', 'slow down', { mayBePaid: false, retryAfterMs: 5 });
    const burst = Array.from({ length: 8 }, () =>
      admission.run(1, { signal }, async () => {
        await sleep(5);
        throw refused;
      }),
    );
    const settled = await Promise.allSettled(burst);
    assert.ok(settled.every((one) => one.status === 'rejected' && one.reason === refused));
    assert.equal(admission.concurrency, 4);
    assert.deepEqual(said, ['teacher p is overloaded: 4 requests at once from here on, slowly more']);
  });

  it('makes the same call again where the limiter does not answer', async () => {
    const book = new LeaseBook(1000);
    const numbers: number[] = [];
    const limits = { requestsPerMinute: 10, tokensPerMinute: null, windowSeconds: 1, leasesPerSecond: 50 };
    const admission = createAdmission({
      profile: { ...unlimited, limits },
      holder: 'here',
      limitedByPerson,
      async lease(call) {
        numbers.push(call.number);
        const reply = book.lease(call, Date.now());
        if (numbers.length === 1) throw new Error('the answer was lost');
        return reply;
      },
    });
    await Promise.all([
      admission.run(1, { signal }, async ({ ended }) => ended(1)),
      sleep(1200), // the desk's own timer alone would not keep the process
    ]);
    assert.deepEqual(numbers.slice(0, 2), [1, 1]);
    assert.equal(book.view('p', Date.now()).inFlight.requests, 0);
  });

  describe('of a profile without limits', () => {
    /** The limits that a person has set, and a clock that the test moves. */
    function unlimitedProfile() {
      const state = { byPerson: false, now: 0, looks: 0, calls: 0 };
      const book = new LeaseBook(60_000);
      const admission = createAdmission({
        profile: unlimited,
        holder: 'here',
        now: () => state.now,
        async limitedByPerson() {
          state.looks += 1;
          return state.byPerson;
        },
        async lease(call) {
          state.calls += 1;
          return book.lease(call, state.now);
        },
      });
      const send = () => admission.run(1, { signal }, async ({ ended }) => ended(1));
      return { state, send };
    }

    it('looks before its first request whether a person limits it', async () => {
      const { state, send } = unlimitedProfile();
      state.byPerson = true;
      await send();
      assert.equal(state.calls, 1);
    });

    it('looks again after ten seconds, and keeps to what was set meanwhile', async () => {
      const { state, send } = unlimitedProfile();
      await send();
      state.byPerson = true;
      state.now = 9_999;
      await send();
      assert.deepEqual(state, { byPerson: true, now: 9_999, looks: 1, calls: 0 });
      state.now = 10_000;
      await send();
      await send();
      assert.equal(state.looks, 2);
      assert.equal(state.calls, 1);
    });

    it('goes on as it was where it cannot look', async () => {
      const admission = createAdmission({
        profile: unlimited,
        holder: 'here',
        limitedByPerson: () => Promise.reject(new Error('the server is away')),
        lease: () => assert.fail('the limiter was asked'),
      });
      assert.equal(await admission.run(1, { signal }, async () => 'sent'), 'sent');
    });
  });
});
