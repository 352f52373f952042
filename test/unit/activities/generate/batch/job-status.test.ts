import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasEnded, statusOf } from '../../../../../activities/generate/batch/job-status.ts';

describe('the state of a job', () => {
  for (const [meaning, words] of [
    [
      'completed',
      ['completed', 'COMPLETED', 'SUCCESS', 'ended', 'JOB_STATE_SUCCEEDED', 'PartiallyCompleted'],
    ],
    ['failed', ['failed', 'FAILED', 'JOB_STATE_FAILED', 'error']],
    ['expired', ['expired', 'TIMEOUT_EXCEEDED', 'BATCH_STATE_EXPIRED']],
    ['cancelled', ['cancelled', 'CANCELLED', 'canceled']],
  ] as const)
    for (const word of words)
      it(`is ${meaning}, and an end, where it is "${word}"`, () =>
        assert.deepEqual([statusOf(word), hasEnded(word)], [meaning, true]));

  for (const word of [
    'validating',
    'in_progress',
    'finalizing',
    'cancelling',
    'CANCELLATION_REQUESTED',
    'RUNNING',
    'QUEUED',
  ])
    it(`is looked at again where it is "${word}"`, () =>
      assert.deepEqual([statusOf(word), hasEnded(word)], [word, false]));
});
