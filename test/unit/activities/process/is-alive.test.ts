import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isAlive } from '../../../../activities/process/is-alive.ts';

it('isAlive is true of this process and of the first, and never of what is no process', () => {
  assert.deepEqual([process.pid, 1].map(isAlive), [true, true]);
  // 0 and below are groups; the kernel gives no process a number as high as the last.
  assert.deepEqual([0, -1, Number.NaN, 1.5, 2 ** 30].map(isAlive), [false, false, false, false, false]);
});
