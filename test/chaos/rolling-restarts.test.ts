import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type RollingFigures, runOverRestarts } from './rolling-restarts.ts';

describe('a whole run while its workers are restarted one after another', () => {
  let figures: RollingFigures;
  before(async () => {
    figures = await runOverRestarts({
      input: { generate: { target: 300, concurrency: 4 }, train: { epochs: 1 } },
      // Each start takes processor time from the run itself: on a slow machine without a bound they would go on and on.
      ...{ everyMs: 5_000, most: 10 },
      say: console.error,
    });
  });

  it('goes on to its end, and loses no answer', () => {
    assert.ok(figures.restarts >= 4, `${figures.restarts} restarts`);
    assert.equal(figures.lost, 0);
  });

  it('fails no workflow task', () => {
    assert.equal(figures.failedWorkflowTasks, 0);
  });

  it('stops every worker in order', () => {
    assert.deepEqual(figures.exitCodes, Array(figures.restarts).fill(0));
  });
});
