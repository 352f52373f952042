import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { toTemporalFailure } from '../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { failuresPage } from '../../../../workers/command/failures-page.ts';
import { FAILURES, type FailureKind, isFailureCode } from '../../../../workflows/contracts/failures.ts';

const codes = (wanted: (kind: FailureKind) => boolean) =>
  Object.entries<FailureKind>(FAILURES)
    .filter(([, kind]) => wanted(kind))
    .map(([code]) => code);

describe('the codes of failures', () => {
  it('that are tried again', () => {
    assert.deepEqual(
      codes(({ retried }) => retried),
      ['StoreAway', 'Superseded', 'RateLimited', 'TeacherUnavailable', 'TeacherMalformed', 'ProcessDied'],
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
      ['QuotaExhausted', 'RateLimited', 'TeacherUnavailable', 'TeacherMalformed'],
    );
  });

  it('that are tried again pause a run too, once the tries are used up: none ends one', () => {
    assert.deepEqual(
      codes(({ retried, pauses }) => retried && pauses === null),
      [],
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
