import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type StopFigures, type StoppedRuns, startStoppedRuns } from './stops.ts';

const EACH_STAGE = ['instructions', 'classification', 'instances'];

describe('Self-Instruct that is stopped in order in each of its stages', () => {
  let runs: StoppedRuns;
  let undisturbed: StopFigures;
  before(async () => {
    runs = await startStoppedRuns();
    undisturbed = await runs.undisturbed();
  });
  after(() => runs.stop());

  it('pays nothing twice and gives the same rows where its worker gets SIGTERM', async () => {
    const { exitCodes, ...figures } = await runs.terminated();
    assert.deepEqual(exitCodes, [0, 0, 0]);
    assert.deepEqual(figures, { ...undisturbed, stages: EACH_STAGE });
    assert.deepEqual([figures.paid, figures.lost], [figures.kept, 0]);
  });

  it('pays nothing twice and gives the same rows where it is reset', async () => {
    const figures = await runs.reset();
    assert.deepEqual(figures, { ...undisturbed, stages: EACH_STAGE });
    assert.deepEqual([figures.paid, figures.lost], [figures.kept, 0]);
  });
});
