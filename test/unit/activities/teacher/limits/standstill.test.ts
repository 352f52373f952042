import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import { createAdmission } from '../../../../../activities/teacher/limits/admission.ts';

const { signal } = new AbortController();
const limit = (retryAfterMs?: number) =>
  new TeacherFailure('RateLimited', 'The teacher "p" says not now.', {
    remedy: 'Wait.',
    mayBePaid: false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** An admission on a clock of the test's own. */
function onClock() {
  const clock = { seconds: 0 };
  const admission = createAdmission({
    profile: { name: 'p', concurrency: null, timeoutMs: 1000, limits: null },
    holder: 'here',
    limitedByPerson: async () => false,
    lease: () => assert.fail('the limiter was asked'),
    now: () => Date.UTC(2026, 10, 29, 2, 13) + clock.seconds * 1000,
  });
  const failAt = async (seconds: number, failure: Error): Promise<TeacherFailure> => {
    clock.seconds = seconds;
    const thrown = await admission
      .run(10, { signal }, () => Promise.reject(failure))
      .catch((error: unknown) => error);
    assert.ok(thrown instanceof TeacherFailure);
    return thrown;
  };
  return { failAt, answer: () => admission.run(10, { signal }, async ({ ended }) => ended(10)) };
}

describe('an endpoint that says "not now" and answers nothing', () => {
  it('is waited for unseen for a minute, and then for longer than a minute, which is shown, with since when', async () => {
    const { failAt } = onClock();
    assert.equal((await failAt(0, limit())).retryAfterMs, undefined);
    assert.equal((await failAt(59, limit(20_000))).retryAfterMs, 20_000);
    const shown = await failAt(60, limit(20_000));
    assert.equal(shown.retryAfterMs, 61_000);
    assert.equal(
      shown.message,
      'The teacher "p" says not now. It has answered nothing since 2026-11-29 02:13 UTC. Wait.',
    );
    assert.equal((await failAt(61, limit(1_800_000))).retryAfterMs, 1_800_000);
  });

  it('is waited for unseen again once anything was answered: a limit that others get through is none to speak of', async () => {
    const { failAt, answer } = onClock();
    await failAt(0, limit());
    await answer();
    assert.equal((await failAt(60, limit())).retryAfterMs, undefined);
    assert.equal((await failAt(119, limit())).retryAfterMs, undefined);
    assert.equal((await failAt(120, limit())).retryAfterMs, 61_000);
  });

  it('is no other failure: those are told of after their tries', async () => {
    const { failAt } = onClock();
    const down = new TeacherFailure('TeacherUnavailable', 'Down.', { mayBePaid: false });
    await failAt(0, down);
    assert.equal(await failAt(600, down), down);
  });
});
