import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlpacaError } from '../../../../activities/errors.ts';
import { OF_A_COMMAND, untilItPasses, waitAfter } from '../../../../activities/teacher/until-it-passes.ts';
import type { FailureCode } from '../../../../workflows/contracts/failures.ts';

const { signal } = new AbortController();
const failing = (code: FailureCode, retryAfterMs = 1) => new AlpacaError(code, 'Not now.', { retryAfterMs });

/** Throws the failures in turn, then answers; counts how often it ran. */
function workOf(failures: readonly Error[]) {
  const work = {
    runs: 0,
    async run() {
      const failure = failures[work.runs];
      work.runs += 1;
      if (failure) throw failure;
      return 'done';
    },
  };
  return work;
}

describe('until it passes', () => {
  it('tries again after what may pass', async () => {
    const work = workOf([failing('TeacherUnavailable'), failing('TeacherMalformed')]);
    assert.equal(await untilItPasses(signal)(work.run), 'done');
    assert.equal(work.runs, 3);
  });

  it('gives up at once on what cannot pass', async () => {
    for (const failure of [failing('Authentication'), new TypeError('a defect')]) {
      const work = workOf([failure]);
      await assert.rejects(untilItPasses(signal)(work.run), failure);
      assert.equal(work.runs, 1);
    }
  });

  it('has the patience of a command where somebody is told', async () => {
    const down = workOf(Array(9).fill(failing('TeacherUnavailable')));
    assert.equal(await untilItPasses(signal, () => {})(down.run), 'done');
  });

  it('gives up after eight failures, counted over all that it runs', async () => {
    const down = workOf(Array(20).fill(failing('TeacherUnavailable')));
    await assert.rejects(untilItPasses(signal)(down.run), { code: 'TeacherUnavailable' });
    assert.equal(down.runs, 8);
    const retrying = untilItPasses(signal);
    const first = workOf(Array(5).fill(failing('TeacherUnavailable')));
    const second = workOf(Array(5).fill(failing('TeacherUnavailable')));
    assert.equal(await retrying(first.run), 'done');
    await assert.rejects(retrying(second.run), { code: 'TeacherUnavailable' });
    assert.equal(second.runs, 3);
  });

  it('of a command is bound by time and not by a number: a day from the first failure on', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 0 });
    const anHourLater = (work: ReturnType<typeof workOf>) => () => {
      context.mock.timers.tick(3_600_000);
      return work.run();
    };
    const retrying = untilItPasses(signal, () => {}, OF_A_COMMAND);
    const first = workOf(Array(20).fill(failing('TeacherUnavailable')));
    assert.equal(await retrying(anHourLater(first)), 'done');
    const second = workOf(Array(99).fill(failing('TeacherUnavailable')));
    await assert.rejects(retrying(anHourLater(second)), { code: 'TeacherUnavailable' });
    assert.deepEqual([first.runs, second.runs], [21, 4]);
  });

  it('waits for a limit as often as it says wait', async () => {
    const limited = workOf(Array(20).fill(failing('RateLimited')));
    assert.equal(await untilItPasses(signal)(limited.run), 'done');
    assert.equal(limited.runs, 21);
  });

  it('waits as long as the failure says, however long', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const stopAtTheLongWait = (_: AlpacaError, waitMs: number) => {
      told.push(waitMs);
      if (waitMs === 3_600_000) controller.abort();
    };
    const work = workOf([1, 2, 3_600_000].map((waitMs) => failing('TeacherUnavailable', waitMs)));
    const waiting = untilItPasses(controller.signal, stopAtTheLongWait)(work.run);
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.deepEqual(told, [2, 3_600_000]);
  });

  it('does not begin a wait of more than a minute that nobody is told of: who can show it, waits', async () => {
    for (const code of ['RateLimited', 'TeacherUnavailable'] as const) {
      const work = workOf([failing(code, 60_001)]);
      await assert.rejects(untilItPasses(signal)(work.run), { code, retryAfterMs: 60_001 });
    }
  });

  it('tells of a limit that asks for more than a minute', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const work = workOf([failing('RateLimited', 60_001)]);
    const waiting = untilItPasses(controller.signal, (_, waitMs) => {
      told.push(waitMs);
      controller.abort();
    })(work.run);
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.deepEqual(told, [60_001]);
  });

  it('waits longer each time where the failure does not say, up to half a minute or five', () => {
    assert.deepEqual(
      [1, 2, 3, 6, 7, 30].map((waits) => waitAfter(waits)),
      [500, 1000, 2000, 16_000, 30_000, 30_000],
    );
    assert.deepEqual(
      [7, 10, 11].map((waits) => waitAfter(waits, OF_A_COMMAND)),
      [32_000, 256_000, 300_000],
    );
  });

  it('tells of what fails a second time and later, and not of limits', async () => {
    const told: string[] = [];
    const work = workOf([
      failing('TeacherUnavailable', 1),
      failing('RateLimited', 2),
      failing('TeacherUnavailable', 3),
      failing('TeacherMalformed', 4),
    ]);
    await untilItPasses(signal, ({ code }, waitMs) => told.push(`${code} ${waitMs}`))(work.run);
    assert.deepEqual(told, ['TeacherUnavailable 3', 'TeacherMalformed 4']);
  });

  it('waits no longer than the signal lives', async () => {
    const controller = new AbortController();
    const work = workOf([failing('TeacherUnavailable', 60_000)]);
    const waiting = untilItPasses(controller.signal)(work.run);
    setTimeout(() => controller.abort(), 10);
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});
