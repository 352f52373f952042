import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepingOpened, Opened } from '../../../../activities/artifacts/stores/opened.ts';
import { type FollowedRuns, followedRuns, type RunEvent } from '../../../../workers/runs/followed-runs.ts';

/** A run whose steps a test takes: each look gives what stands. */
function scriptedRun() {
  const run = { step: 0, closedAt: null as string | null };
  let looks = 0;
  const view = async () => {
    looks += 1;
    return { ...run };
  };
  return { run, view, looks: () => looks };
}

function follower(followed: FollowedRuns, after: string | null = null) {
  const events: RunEvent[] = [];
  const steps = () => events.map(({ data }) => JSON.parse(data).step);
  const followsTo = async (step: number) => {
    while (!steps().includes(step)) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const joined = followed.follow('run', { after, tell: (event) => void events.push(event) });
  return { events, steps, followsTo, joined };
}

describe('a run that is followed', () => {
  it('is asked once for all of its followers', async () => {
    const { run, view, looks } = scriptedRun();
    const followed = followedRuns(view, { askEveryMs: 20 });
    const all = Array.from({ length: 500 }, () => follower(followed));
    await Promise.all(all.map(({ joined }) => joined));
    assert.equal(looks(), 1);
    run.step = 1;
    await Promise.all(all.map(({ followsTo }) => followsTo(1)));
    assert.ok(looks() < 50, `${looks()} looks`);
    for (const { steps } of all) assert.deepEqual(steps(), [0, 1]);
    run.closedAt = '2026-11-29T12:00:00.000Z';
    run.step = 2;
    await Promise.all(all.map(({ followsTo }) => followsTo(2)));
    assert.deepEqual(
      all[0]?.events.map(({ isLast }) => isLast),
      [false, false, true],
    );
  });

  it('tells who comes back what came since, and no more', async () => {
    const { run, view } = scriptedRun();
    const followed = followedRuns(view, { askEveryMs: 1 });
    const first = follower(followed);
    for (const step of [0, 1, 2, 3]) {
      run.step = step;
      await first.followsTo(step);
    }
    const again = follower(followed, first.events[1]?.id);
    const upToDate = follower(followed, first.events[3]?.id);
    await Promise.all([again.joined, upToDate.joined]);
    assert.deepEqual([again.steps(), upToDate.steps()], [[2, 3], []]);
    run.closedAt = '2026-11-29T12:00:00.000Z';
    run.step = 4;
    await Promise.all([again.followsTo(4), upToDate.followsTo(4)]);
    assert.deepEqual([again.steps(), upToDate.steps()], [[2, 3, 4], [4]]);
  });

  it('is known again in another service by what it said', async () => {
    const { run, view } = scriptedRun();
    const there = follower(followedRuns(view, { askEveryMs: 1 }));
    const { leave } = await there.joined;
    leave();
    const id = there.events[0]?.id ?? '';
    const same = follower(followedRuns(view), id);
    (await same.joined).leave();
    assert.deepEqual(same.steps(), []);
    run.step = 1;
    const changed = follower(followedRuns(view), id);
    (await changed.joined).leave();
    assert.deepEqual(changed.steps(), [1]);
  });

  it('that has ended is told once, and to who knows it, that he does', async () => {
    const { run, view } = scriptedRun();
    run.closedAt = '2026-11-29T12:00:00.000Z';
    const followed = followedRuns(view);
    const first = follower(followed);
    assert.equal((await first.joined).hasEnded, false);
    assert.deepEqual(first.steps(), [0]);
    const again = follower(followed, first.events[0]?.id);
    assert.equal((await again.joined).hasEnded, true);
    assert.deepEqual(again.steps(), []);
  });

  it('that has ended is not told again to who saw its end in other words', async () => {
    const { run, view } = scriptedRun();
    run.closedAt = '2026-11-29T12:00:00.000Z';
    const first = follower(followedRuns(view));
    await first.joined;
    const last = first.events[0]?.id ?? assert.fail();
    assert.match(last, /^1-[0-9a-f]{16}-end$/);
    run.step = 1;
    const again = follower(followedRuns(view), last);
    assert.equal((await again.joined).hasEnded, true);
    const other = follower(followedRuns(view), '1-0123456789abcdef');
    assert.equal((await other.joined).hasEnded, false);
    assert.deepEqual(other.steps(), [1]);
  });

  it('tells one who followed alone what came while he was cut off, its end too', async () => {
    const { run, view, looks } = scriptedRun();
    const followed = followedRuns(view, { askEveryMs: 1 });
    const lone = follower(followed);
    (await lone.joined).leave();
    const lookedAt = async (step: number, closedAt: string | null = null) => {
      Object.assign(run, { step, closedAt });
      const before = looks();
      while (looks() < before + (closedAt === null ? 2 : 1)) await sleep(1);
    };
    await lookedAt(1);
    await lookedAt(2, '2026-11-29T12:00:00.000Z');
    const again = follower(followed, lone.events[0]?.id);
    await again.followsTo(2);
    assert.deepEqual(again.steps(), [1, 2]);
  });

  it('is asked no more once nobody follows it, and has not for a while', async () => {
    const { view, looks } = scriptedRun();
    const followed = followedRuns(view, { askEveryMs: 1, keepMs: 5 });
    const one = follower(followed);
    (await one.joined).leave();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = looks();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(looks(), before);
  });

  it('holds what a look opens for that look alone, and not for whoever followed first', async () => {
    const { view } = scriptedRun();
    const forgotten: string[] = [];
    const opened = new Opened('rows', () => void forgotten.push('rows'));
    const followed = followedRuns(async () => {
      opened.hold();
      return view();
    });
    await keepingOpened(async () => {
      const { leave } = await follower(followed).joined;
      opened.forgetIfIdle();
      assert.deepEqual(forgotten, ['rows']);
      leave();
    });
  });

  it('that is not there is said to each', async () => {
    const followed = followedRuns(async () => {
      throw new Error('none');
    });
    const [one, two] = [follower(followed), follower(followed)];
    await assert.rejects(one.joined, /none/);
    await assert.rejects(two.joined, /none/);
  });
});
