import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Progress } from '../../../../workflows/contracts/progress.ts';
import { createStageTable, etaSeconds, toMarkdown } from '../../../../workflows/decisions/stage-table.ts';

const START = new Date('2026-01-01T00:00:00Z');
const LATER = new Date('2026-01-01T00:01:00Z');

describe('the stage table', () => {
  it('goes from waiting through running to done', () => {
    const table = createStageTable(['sample', 'generate']);
    assert.equal(table.current(), 'sample');
    table.start('sample', START);
    table.finish('sample', LATER, 'read');
    assert.equal(table.current(), 'sample');
    table.start('generate', LATER, 100, 'accepted');
    assert.equal(table.current(), 'generate');
    assert.deepEqual(
      table.stages.map(({ name, state, note, endedAt }) => [name, state, note, endedAt]),
      [
        ['sample', 'done', 'read', '2026-01-01T00:01:00.000Z'],
        ['generate', 'running', '', null],
      ],
    );
  });

  it('tells the time left from the pace so far', () => {
    const table = createStageTable(['generate']);
    table.start('generate', START, 100);
    assert.equal(etaSeconds(table.stages[0], LATER), null);
    table.update('generate', { done: 25 });
    assert.equal(etaSeconds(table.stages[0], LATER), 180);
  });

  it('writes markdown with the reason of a pause, the money and the loss', () => {
    const table = createStageTable(['generate']);
    table.start('generate', START, 100, 'accepted');
    table.update('generate', { done: 25, note: '3 requests answered' });
    const progress: Progress = {
      state: 'paused',
      stage: 'generate',
      stages: table.stages,
      accepted: 25,
      target: 100,
      costUsd: 1.5,
      budgetUsd: 2,
      pauseReason: 'the budget is reached',
      pauseKind: 'budget',
      loss: { latest: null, before: null, after: null },
      etaSeconds: 75,
      forecast: null,
    };
    assert.equal(
      toMarkdown(progress),
      [
        '**Paused: the budget is reached**',
        '',
        'Accepted 25 of 100 · cost $1.5000 of $2.00 · about 1 min 15 s left in this stage',
        '',
        '| stage | state | done | |',
        '|---|---|---|---|',
        '| generate | running | 25 / 100 accepted | 3 requests answered |',
      ].join('\n'),
    );
  });
});
