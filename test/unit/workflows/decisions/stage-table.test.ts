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

  it('begins with stages that wait, and have nothing done', () => {
    const nothing = { done: 0, total: 0, unit: '', note: '', startedAt: null, endedAt: null };
    const table = createStageTable(['sample']);
    assert.deepEqual(table.stages, [{ name: 'sample', state: 'waiting', ...nothing }]);
    table.start('sample', START);
    const startedAt = '2026-01-01T00:00:00.000Z';
    assert.deepEqual(table.stages, [{ name: 'sample', state: 'running', ...nothing, startedAt }]);
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
        'Accepted 25 of 100 · cost 1.50 USD of 2.00 USD · about 1 min 15 s left in this stage',
        '',
        '| stage | state | done | |',
        '|---|---|---|---|',
        '| generate | paused | 25 / 100 accepted | 3 requests answered |',
      ].join('\n'),
    );
  });

  const stageOf = (change: object) => {
    const table = createStageTable(['train']);
    table.start('train', START, 10, 'steps');
    table.update('train', change);
    return table.stages[0];
  };

  it('has no time left to tell before there is a pace, a total or a start, nor after the end', () => {
    assert.equal(etaSeconds(undefined, LATER), null);
    assert.equal(etaSeconds(stageOf({ done: 0 }), LATER), null);
    assert.equal(etaSeconds(stageOf({ done: 5, total: 0 }), LATER), null);
    const waiting = createStageTable(['train']).stages[0];
    assert.equal(etaSeconds(waiting && { ...waiting, done: 5, total: 10 }, LATER), null);
    const table = createStageTable(['train']);
    table.start('train', START, 10);
    table.finish('train', LATER);
    assert.equal(etaSeconds(table.stages[0], LATER), null);
    assert.equal(etaSeconds(stageOf({ done: 20 }), LATER), 0);
  });

  it('keeps what is done where it ends below its total, and is refused a stage that it has not', () => {
    const table = createStageTable(['sample', 'train']);
    table.start('train', START, 10);
    table.update('train', { done: 4 });
    table.finish('train', LATER);
    table.start('sample', START);
    table.update('sample', { done: 3 });
    table.finish('sample', LATER);
    assert.deepEqual(
      table.stages.map(({ done, note }) => [done, note]),
      [
        [3, ''],
        [4, ''],
      ],
    );
    assert.equal(table.current(), 'train');
    assert.throws(() => table.start('dedupe', START), {
      name: 'Defect',
      message: 'there is no stage dedupe',
    });
  });

  it('goes on from stages that were handed over, and a stage that is newer than they are waits', () => {
    const [carried] = createStageTable(['sample']).stages;
    assert.ok(carried);
    const table = createStageTable(['sample', 'train'], [{ ...carried, state: 'done', done: 7 }]);
    assert.deepEqual(
      table.stages.map(({ name, state, done }) => [name, state, done]),
      [
        ['sample', 'done', 7],
        ['train', 'waiting', 0],
      ],
    );
    assert.equal(createStageTable(['train']).current(), 'train');
  });

  it('writes the loss, the end and what runs, each where there is one', () => {
    const of = (change: Partial<Progress>): string[] => {
      const table = createStageTable(['train']);
      const progress: Progress = {
        ...{ state: 'running', stage: 'train', stages: table.stages, accepted: 0, target: 0, costUsd: 0 },
        ...{ budgetUsd: null, pauseReason: null, pauseKind: null, etaSeconds: null, forecast: null },
        loss: { latest: null, before: null, after: null },
        ...change,
      };
      return toMarkdown(progress).split('\n');
    };
    const nothing = 'Accepted 0 of 0 · cost 0.00 USD';
    assert.deepEqual(of({}).slice(0, 3), ['**Running: train**', '', nothing]);
    assert.equal(of({ state: 'done' })[0], '**Done**');
    const loss = { latest: 2, before: 8, after: null };
    assert.equal(of({ loss })[2], `${nothing} · loss 2.000`);
    assert.equal(of({ loss: { ...loss, after: 3 } })[2], `${nothing} · held-out loss 8.000 to 3.000`);
    assert.equal(of({ loss: { ...loss, before: null, after: 3 } })[2], `${nothing} · loss 2.000`);
    assert.equal(of({ etaSeconds: 59 })[2], `${nothing} · about 59 s left in this stage`);
    assert.equal(of({ etaSeconds: 60 })[2], `${nothing} · about 1 min 0 s left in this stage`);
    const one = { value: 1, low: 1, high: 1 };
    const forecast: Progress['forecast'] = {
      ...{ basis: 'measured', measuredRequests: 10, requests: one, promptTokens: one },
      ...{ completionTokens: one, costUsd: one, hours: one },
      secondsLeft: { value: 60, low: 30, high: 89 },
    };
    assert.deepEqual(of({ forecast, etaSeconds: 60 }).slice(2, 6), [
      `${nothing} · 60 s left (30 s to 89 s)`,
      '',
      'Generation in all: about 1 (1 to 1) requests, 1.00 USD (1.00 USD to 1.00 USD), 60 min (60 min to 60 min); measured in this run; 1 (1 to 1) prompt and 1 (1 to 1) completion tokens',
      '',
    ]);
    const row = (change: object) => of({ stages: [stageOf(change)].flatMap((stage) => stage ?? []) }).at(-1);
    assert.equal(row({ done: 3, total: 0 }), '| train | running | 3 steps |  |');
    assert.equal(row({ done: 0, total: 0 }), '| train | running |  |  |');
  });
});
