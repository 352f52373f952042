import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { eventually, type Harness } from '../harness.ts';
import { answered, type scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('a generation that is stopped in order', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('is cancelled once the requests in flight are answered, and begins no other', async () => {
    let begun = 0;
    const answers = { given: 0, afterCancel: Promise.withResolvers<void>() };
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      begun += 1;
      await answers.afterCancel.promise;
      answers.given += 1;
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 1000, concurrency: 3 });
      await eventually(
        async () => begun,
        (count) => count === 3,
      );
      await handle.cancel();
      // The cancellation is the workflow's before its activities have answered.
      await eventually(
        () => handle.fetchHistory(),
        ({ events }) => (events ?? []).some((event) => event.activityTaskCancelRequestedEventAttributes),
      );
      answers.afterCancel.resolve();
      await assert.rejects(handle.result(), /cancelled/i);
      assert.deepEqual({ begun, given: answers.given }, { begun: 3, given: 3 });
    });
  });

  it('does again at once what a worker that stops has handed back, however often', async () => {
    let handedBack = 0;
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      if (request === 2 && handedBack < 25) {
        handedBack += 1;
        throw ApplicationFailure.nonRetryable('The worker stops.', 'WorkerStopping');
      }
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 60, outageWaitSeconds: 1800 });
      assert.equal(((await handle.result()) as GenerateResult).requests, 6);
      assert.equal(handedBack, 25);
    });
  });
});
