import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { toTemporalFailure } from '../../../../activities/activity-attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { hideSecret } from '../../../../activities/secrets.ts';
import { failuresPage } from '../../../../workers/command/failures-page.ts';
import { FAILURES, type FailureKind, isFailureCode } from '../../../../workflows/contracts/failures.ts';
import { reasonWithin } from '../../../../workflows/contracts/run/record.ts';

const codes = (wanted: (kind: FailureKind) => boolean) =>
  Object.entries<FailureKind>(FAILURES)
    .filter(([, kind]) => wanted(kind))
    .map(([code]) => code);

describe('the codes of failures', () => {
  it('that are tried again', () => {
    assert.deepEqual(
      codes(({ retried }) => retried),
      [
        ...[
          'StoreAway',
          'HubAway',
          'Superseded',
          'RateLimited',
          'TeacherUnavailable',
          'TeacherMalformed',
          'ProcessDied',
        ],
        'NotDelivered',
      ],
    );
  });

  it('that pause a run in place of ending it', () => {
    assert.deepEqual(
      codes(({ pauses }) => pauses === 'storage'),
      ['StorageFull', 'StoreAway'],
    );
    assert.deepEqual(
      codes(({ pauses }) => pauses === 'budget'),
      ['BudgetReached'],
    );
    assert.deepEqual(
      codes(({ pauses }) => pauses === 'teacher'),
      ['QuotaExhausted', 'RateLimited', 'TeacherUnavailable', 'TeacherMalformed', 'EmptyAnswers'],
    );
  });

  it('that are tried again pause a run too, once the tries are used up: none ends one, and webhooks touch none', () => {
    assert.deepEqual(
      codes(({ retried, pauses }) => retried && pauses === null),
      ['NotDelivered'],
    );
  });

  it('that count as no attempt', () => {
    assert.deepEqual(
      codes(({ startsAgain }) => startsAgain === true),
      ['WorkerStopping'],
    );
  });

  it('are the types of Temporal failures, which are retried as the table says', () => {
    const fails = toTemporalFailure(new AlpacaError('TeacherUnavailable', 'No answer came.'));
    const ends = toTemporalFailure(new AlpacaError('BudgetReached', 'The budget is reached.'));
    const told = [fails, ends].map((failure) => {
      const { type, nonRetryable } = failure as { type: string; nonRetryable: boolean };
      return { type, nonRetryable };
    });
    assert.deepEqual(told, [
      { type: 'TeacherUnavailable', nonRetryable: false },
      { type: 'BudgetReached', nonRetryable: true },
    ]);
  });

  it('have no cause, and no secret, in what the history keeps: neither do defects', () => {
    hideSecret('sk-canary-0123456789');
    const cause = new Error('401 Bearer sk-canary-0123456789', { cause: new Error('sk-canary-0123456789') });
    const ours = toTemporalFailure(
      new AlpacaError('Authentication', 'It says sk-canary-0123456789.', { cause }),
    );
    const defect = toTemporalFailure(new TypeError('sk-canary-0123456789 is no header', { cause }));
    for (const [failure, message, type] of [
      [ours, 'It says [key].', 'Authentication'],
      [defect, '[key] is no header', 'TypeError'],
    ] as const) {
      assert.ok(failure instanceof ApplicationFailure);
      assert.deepEqual([failure.message, failure.type, failure.cause], [message, type, undefined]);
      assert.doesNotMatch(failure.stack ?? '', /canary/);
    }
  });

  it('tell the workflow how long to wait, where it is more than a minute: nobody else shows it', () => {
    const told = [60_000, 60_001].map((retryAfterMs) => {
      const failure = toTemporalFailure(new AlpacaError('RateLimited', 'Not now.', { retryAfterMs }));
      assert.ok(failure instanceof ApplicationFailure);
      return [failure.nonRetryable, failure.details];
    });
    assert.deepEqual(told, [
      [false, [{ retryAfterMs: 60_000 }]],
      [true, [{ retryAfterMs: 60_001 }]],
    ]);
  });

  it('are shown by the outermost sentence of ours, whatever is beneath it', () => {
    const beneath = new Error('what an endpoint said');
    const ours = ApplicationFailure.create({ message: 'The teacher says no.', cause: beneath });
    assert.equal(reasonWithin(new Error('Activity task failed', { cause: ours })), 'The teacher says no.');
    assert.equal(reasonWithin(new Error('outer', { cause: beneath })), 'what an endpoint said');
  });

  it('are told from the types of failures of others', () => {
    assert.equal(isFailureCode('StorageFull'), true);
    assert.equal(isFailureCode('TypeError'), false);
    assert.equal(isFailureCode('constructor'), false);
    assert.equal(isFailureCode(undefined), false);
  });

  it('are a page of the docs, as `npm run schema` writes it today', async () => {
    const shipped = await readFile(new URL('../../../../docs/failures.md', import.meta.url), 'utf8');
    assert.equal(shipped, failuresPage());
  });
});
