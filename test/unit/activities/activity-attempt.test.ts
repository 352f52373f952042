import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { runAttempt } from '../../../activities/activity-attempt.ts';
import type { Attempt } from '../../../activities/attempt.ts';
import { AlpacaError } from '../../../activities/errors.ts';

type Work = (attempt: Attempt, stop: () => void) => Promise<unknown>;

/** Runs an attempt that is told to stop by `stop`: by its worker, or because it is cancelled. */
function attempted(by: 'worker' | 'cancellation', work: Work): Promise<unknown> {
  const environment = new MockActivityEnvironment();
  const details = new ActivityCancellationDetails(
    by === 'worker' ? { workerShutdown: true } : { cancelRequested: true },
  );
  const stop = () => environment.cancel(by === 'worker' ? 'WORKER_SHUTDOWN' : 'CANCELLED', details);
  return environment.run(() => runAttempt((attempt) => work(attempt, stop)));
}

const untilStopped: Work = async ({ signal }, stop) => {
  stop();
  signal.throwIfAborted();
};

describe('an attempt that is told to stop', () => {
  it('hands its work back where its worker stops: no failure of the work, and not tried again by the server', async () => {
    await assert.rejects(
      attempted('worker', untilStopped),
      (error) =>
        error instanceof ApplicationFailure && error.type === 'WorkerStopping' && error.nonRetryable === true,
    );
  });

  it('is cancelled where that was asked for', async () => {
    await assert.rejects(attempted('cancellation', untilStopped), CancelledFailure);
  });

  for (const by of ['worker', 'cancellation'] as const)
    it(`gives what came back after all (${by})`, async () => {
      const answered: Work = async (_, stop) => {
        stop();
        return 'an answer that is paid for';
      };
      assert.equal(await attempted(by, answered), 'an answer that is paid for');
    });

  it('fails for good with what is wrong for good, and hands back what would be tried again', async () => {
    const failing =
      (code: 'InvalidInput' | 'TeacherUnavailable'): Work =>
      async (_, stop) => {
        stop();
        throw new AlpacaError(code, 'No.');
      };
    const typeOf = (code: 'InvalidInput' | 'TeacherUnavailable') =>
      attempted('worker', failing(code)).catch((error: unknown) =>
        error instanceof ApplicationFailure ? error.type : String(error),
      );
    assert.equal(await typeOf('InvalidInput'), 'InvalidInput');
    assert.equal(await typeOf('TeacherUnavailable'), 'WorkerStopping');
  });
});
