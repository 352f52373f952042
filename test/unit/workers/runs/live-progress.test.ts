import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liveProgress } from '../../../../workers/runs/live-progress.ts';
import type { StageName } from '../../../../workflows/contracts/pipeline.ts';
import { progressOf } from '../../../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../../../workflows/decisions/stage-table.ts';

const NOW = new Date('2026-01-01T00:01:00Z');

function at(stage: StageName, accepted: number) {
  const table = createStageTable([stage]);
  table.start(stage, NOW, 50, 'rows');
  table.update(stage, { done: accepted });
  const control = { paused: false, budgetUsd: null };
  return progressOf({ table, control, waitsFor: null, accepted, target: 50 }, NOW);
}

describe('how far a run is now', () => {
  it('is asked of the step that runs, where that is a workflow of its own', async () => {
    const asked: string[] = [];
    const ask = async (id: string) => {
      asked.push(id);
      return at('generate', id === 'my-run' ? 1 : 20);
    };
    assert.equal((await liveProgress('my-run', ask)).accepted, 20);
    assert.deepEqual(asked, ['my-run', 'my-run/generate']);
  });

  it('is what the run knows where its step is an activity, or does not answer', async () => {
    const asked: string[] = [];
    const tokenizing = async (id: string) => {
      asked.push(id);
      return at('tokenize', 3);
    };
    assert.equal((await liveProgress('my-run', tokenizing)).stages[0]?.done, 3);
    assert.deepEqual(asked, ['my-run']);
    const silent = async (id: string) => {
      if (id !== 'my-run') throw new Error('not started yet');
      return at('generate', 1);
    };
    assert.equal((await liveProgress('my-run', silent)).accepted, 1);
    const ofAnotherForm = async (id: string) => (id === 'my-run' ? at('generate', 1) : { accepted: 'many' });
    assert.equal((await liveProgress('my-run', ofAnotherForm)).accepted, 1);
  });

  it('fails with what the run itself fails with', async () => {
    await assert.rejects(
      liveProgress('my-run', () => Promise.reject(new Error('no worker'))),
      /no worker/,
    );
  });
});
