import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type RollingFigures, runOverRestarts } from './rolling-restarts.ts';

/** About ten minutes: the teacher takes a third of a second for an answer. */
const INPUT = { generate: { target: 14_000, concurrency: 2 }, train: { epochs: 1 } };

describe('a run of ten minutes while a worker is restarted every twenty seconds', () => {
  let undisturbed: RollingFigures;
  let figures: RollingFigures;
  before(async () => {
    undisturbed = await runOverRestarts({ input: INPUT });
    figures = await runOverRestarts({ input: INPUT, everyMs: 20_000, say: console.error });
    console.error(JSON.stringify({ undisturbed, figures }));
  });

  it('loses no answer, and gives the same data and model', () => {
    const { data, model } = undisturbed;
    assert.deepEqual(
      { lost: figures.lost, data: figures.data, model: figures.model },
      { lost: 0, data, model },
    );
  });

  it('fails no workflow task, and stops every worker in order', () => {
    assert.equal(figures.failedWorkflowTasks, 0);
    assert.deepEqual(figures.exitCodes, Array(figures.restarts).fill(0));
  });

  it('takes at most 1.3 times as long', () => {
    assert.ok(figures.seconds <= 1.3 * undisturbed.seconds, `${figures.seconds} to ${undisturbed.seconds} s`);
  });
});
