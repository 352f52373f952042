import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunView } from '../../../../../workers/runs/runs.ts';
import { controlsNow, runControls } from '../../../../../workers/web/runs/run-controls.ts';
import type { Pause } from '../../../../../workflows/contracts/progress.ts';
import { progressOf } from '../../../../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../../../../workflows/decisions/stage-table.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

function run(stage: 'generate' | 'train', pause: { byPerson?: boolean; waitsFor?: Pause } = {}): RunView {
  const table = createStageTable(['generate', 'train']);
  table.start('generate', NOW);
  if (stage === 'train') {
    table.finish('generate', NOW);
    table.start('train', NOW);
  }
  const control = { paused: pause.byPerson ?? false, budgetUsd: 1 };
  return {
    ...{ id: 'x', workflowId: 'x', runId: '01', workflow: 'alpaca', status: 'RUNNING', stage },
    ...{ startedAt: NOW.toISOString(), closedAt: null, standing: null, accepted: 1, costUsd: 0 },
    ...{ heldOutLoss: null, winRate: null, startedBy: null, isForgotten: false, unpolled: null },
    ...{ result: null, wholeResult: null, failure: null, updates: [] },
    progress: progressOf({ table, control, waitsFor: pause.waitsFor ?? null }, NOW),
  };
}

describe('what can be done with a run now', () => {
  it('is all of it but resuming while it generates', () => {
    assert.deepEqual(controlsNow(run('generate')).sort(), [
      ...['cancel', 'updates/pause', 'updates/setBudget', 'updates/setConcurrency', 'updates/setTarget'],
      'updates/stopEarly',
    ]);
  });

  it('is nothing of generation once that has ended', () => {
    assert.deepEqual(controlsNow(run('train')).sort(), ['cancel', 'updates/pause', 'updates/setBudget']);
  });

  it('is to resume where a person paused it, and both where it waits for money', () => {
    const money: Pause = { kind: 'budget', reason: 'the budget is reached' };
    const held = ['cancel', 'updates/resume', 'updates/setBudget'];
    assert.deepEqual(controlsNow(run('train', { byPerson: true })).sort(), held);
    assert.deepEqual(controlsNow(run('train', { waitsFor: money })).sort(), [
      ...['cancel', 'updates/pause', 'updates/resume', 'updates/setBudget'],
    ]);
  });

  it('is nothing once it has ended, and has a button for each that is hidden while it can do nothing', () => {
    const ended = { ...run('train'), closedAt: NOW.toISOString() };
    assert.deepEqual(controlsNow(ended), []);
    assert.equal(runControls(ended), null);
    const buttons = String(runControls(run('train'))).matchAll(
      /<button type="button"( hidden)? data-path="([^"]*)"/g,
    );
    assert.deepEqual([...buttons].map(([, hidden = '', path]) => `${path}${hidden}`).sort(), [
      ...['cancel', 'updates/pause', 'updates/resume hidden', 'updates/setBudget'],
      ...['updates/setConcurrency hidden', 'updates/setTarget hidden', 'updates/stopEarly hidden'],
    ]);
  });
});
