import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListedRun } from '../../../../../workers/runs/runs.ts';
import { runListPage } from '../../../../../workers/web/runs/run-pages.ts';

const RUNNING: ListedRun = {
  ...{ workflowId: 'open', runId: '01', workflow: 'alpaca', status: 'RUNNING', stage: 'train' },
  ...{ startedAt: '2026-11-21T08:00:00.000Z', closedAt: null, standing: 'running', startedBy: null },
  ...{ accepted: 20, costUsd: 0, heldOutLoss: null, winRate: null, isForgotten: false },
};
const PLACE = { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null };

describe('the list of runs', () => {
  const ended = { ...RUNNING, workflowId: 'mine', runId: '02', status: 'COMPLETED', stage: 'release' };
  const done = { ...ended, closedAt: '2026-11-21T09:00:00.000Z', heldOutLoss: 1.2344, winRate: 97.91 };

  it('has of an ended run what came out, and where its model is talked to', () => {
    const text = runListPage([done, RUNNING], { ...PLACE, chatUrl: 'http://127.0.0.1:8289' });
    const figures = [...text.matchAll(/data-label="(loss|win rate)">([^<]*)</g)].map(([, name, shown]) => [
      name,
      shown,
    ]);
    assert.deepEqual(figures, [
      ['loss', '1.234'],
      ['win rate', '97.9%'],
      ['loss', ''],
      ['win rate', ''],
    ]);
    assert.deepEqual(text.match(/http:[^"]*/g), ['http://127.0.0.1:8289/?model=mine']);
  });

  it('leads from the older of two runs of one id to its own page and model', () => {
    const older = { ...done, runId: '01' };
    const text = runListPage([done, older], { ...PLACE, chatUrl: 'http://127.0.0.1:8289' });
    assert.deepEqual(text.match(/(?<=\/runs\/|model=)[^"]*(?=")/g), ['mine', 'mine', '01', '01']);
  });

  it('leads to no chat where there is none', () => {
    assert.doesNotMatch(runListPage([done], { ...PLACE, chatUrl: null }), /model=mine/);
  });
});
