import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlpacaError } from '../../../../activities/errors.ts';
import {
  fromThrownError,
  thrownByThread,
  toThrownError,
} from '../../../../activities/process/thrown-error.ts';

describe('an error on its way between processes', () => {
  it('keeps code, remedy, when to try again, and its cause', () => {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const error = new AlpacaError('RateLimited', 'Not now.', { remedy: 'Wait.', retryAfterMs: 5, cause });
    const arrived = fromThrownError(JSON.parse(JSON.stringify(toThrownError(error))));
    assert.ok(arrived instanceof AlpacaError);
    assert.deepEqual(
      [arrived.code, arrived.message, arrived.remedy, arrived.retryAfterMs, arrived.retryable],
      ['RateLimited', 'Not now. Wait.', 'Wait.', 5, true],
    );
    assert.deepEqual({ ...(arrived.cause as Error) }, { code: 'ECONNRESET' });
  });

  it('ends a chain of causes that has no end', () => {
    const error = new Error('around');
    error.cause = error;
    let [depth, at]: [number, unknown] = [0, fromThrownError(toThrownError(error))];
    for (; at instanceof Error; at = at.cause) depth += 1;
    assert.equal(depth, 8);
  });

  it('says what it can of what is no error, or refuses to be read', () => {
    assert.equal(toThrownError('plain').message, 'plain');
    assert.equal(toThrownError(Object.create(null)).message, 'something that has no text was thrown');
    const refusing = Object.defineProperty(new Error('here'), 'path', {
      enumerable: true,
      get: () => {
        throw new Error('not to be read');
      },
    });
    assert.deepEqual([toThrownError(refusing).message, toThrownError(refusing).fields], ['here', {}]);
  });

  it('is cut where it is longer than anybody reads', () => {
    assert.equal(toThrownError(new Error('x'.repeat(1_000_000))).message.length, 100_000);
  });

  it('of an unknown code, or with a field that its class computes, is an error all the same', () => {
    const unknown = Object.assign(new Error('odd'), { name: 'AlpacaError', code: 'Odd' });
    assert.equal(thrownByThread(unknown).message, 'odd');
    const computed = Object.assign(new Error('full'), {
      ...{ name: 'AlpacaError', code: 'StorageFull', retryable: true },
    });
    const arrived = thrownByThread(computed);
    assert.ok(arrived instanceof AlpacaError);
    assert.equal(arrived.retryable, false);
  });
});
