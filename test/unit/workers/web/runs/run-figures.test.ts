import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeAccepted } from '../../../../../activities/generate/accept/accepted-state.ts';
import { recordNewest } from '../../../../../activities/generate/accept/newest.ts';
import { nothingObserved } from '../../../../../activities/generate/accept/recorded-yield.ts';
import { runFigures } from '../../../../../workers/web/runs/run-figures.ts';
import { progressOf } from '../../../../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../../../../workflows/decisions/stage-table.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../../../activities/generate/generation-fixture.ts';

describe('the figures of a run that goes on, or ended without a result', () => {
  it('are of this run, where an earlier and a later one had its id', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const pool = await writeAccepted(store, {
      ...{ segments: [], accepted: 1, yields: [], observed: nothingObserved() },
    });
    const accepted = [{ instruction: 'Name a bird.', input: '', output: 'The robin.' }];
    const watched = { run: 'nightly/generate', at: '2026-11-30T02:00:00.000Z' };
    await recordNewest(store, watched, { before: null, pool, accepted, refused: [] });
    const figures = runFigures(store);
    const shownOf = async (runId: string, began: string, closedAt: string | null) => {
      const table = createStageTable(['generate']);
      table.start('generate', new Date(began), 5, 'accepted');
      const control = { paused: false, budgetUsd: null };
      const progress = progressOf(
        { table, control, waitsFor: null, accepted: 0, target: 5 },
        new Date(began),
      );
      const run = { workflow: 'alpaca', workflowId: 'nightly', runId, closedAt, result: null, progress };
      return (await figures(run)).newest.accepted.map(({ instruction }) => instruction);
    };
    assert.deepEqual(await shownOf('this', '2026-11-30T01:00:00.000Z', null), ['Name a bird.']);
    assert.deepEqual(await shownOf('ended', '2026-11-30T01:00:00.000Z', '2026-11-30T03:00:00.000Z'), [
      'Name a bird.',
    ]);
    assert.deepEqual(await shownOf('earlier', '2026-11-29T01:00:00.000Z', '2026-11-29T03:00:00.000Z'), []);
    assert.deepEqual(await shownOf('later', '2026-11-30T04:00:00.000Z', null), []);
  });
});
