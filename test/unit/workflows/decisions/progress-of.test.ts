import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunProgress } from '../../../../workflows/alpaca/run-progress.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import type { EvaluateResult } from '../../../../workflows/contracts/evaluate.ts';
import { type FilterResult, filterSettings } from '../../../../workflows/contracts/filter.ts';
import type { ControlState, GenerateReport, Pause } from '../../../../workflows/contracts/progress.ts';
import { imported } from '../../../../workflows/decisions/generation-state.ts';
import { progressOf, withStep } from '../../../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../../../workflows/decisions/stage-table.ts';
import { noYield } from '../../../../workflows/decisions/yield-counts.ts';

const NOW = new Date('2026-01-01T00:01:00Z');
const MONEY: Pause = { kind: 'budget', reason: 'the budget of 3.00 USD is reached' };
const CONTROL: ControlState = {
  ...{ paused: false, budgetUsd: 3, target: 50, concurrency: 8, stopEarly: false },
};

/** A generation since a minute ago. */
function generating() {
  const table = createStageTable(['generate', 'dedupe']);
  table.start('generate', new Date('2026-01-01T00:00:00Z'), 50, 'accepted');
  table.update('generate', { done: 10 });
  return table;
}

const ASKED = { filter: null, generate: { from: null }, train: { epochs: 3 } };

describe('the progress of a workflow', () => {
  it('runs while it waits for nothing, at the pace of its stage', () => {
    const { state, stage, etaSeconds, pauseKind, target, loss, forecast } = progressOf(
      { table: generating(), control: CONTROL, waitsFor: null },
      NOW,
    );
    assert.deepEqual(
      { state, stage, etaSeconds, pauseKind, target, loss, forecast },
      {
        ...{ state: 'running', stage: 'generate', etaSeconds: 240, pauseKind: null, target: 0 },
        ...{ loss: { latest: null, before: null, after: null }, forecast: null },
      },
    );
  });

  const pauseOf = (paused: boolean, waitsFor: Pause | null) => {
    const control = { ...CONTROL, paused };
    const { state, pauseKind, pauseReason } = progressOf({ table: generating(), control, waitsFor }, NOW);
    return [state, pauseKind, pauseReason];
  };

  it('says what it waits for of itself', () => {
    assert.deepEqual(pauseOf(false, MONEY), ['paused', 'budget', 'the budget of 3.00 USD is reached']);
  });

  it('says first that a person paused it, and what else it waits for in words', () => {
    assert.deepEqual(pauseOf(true, null), ['paused', 'person', 'by request']);
    assert.deepEqual(pauseOf(true, MONEY), [
      'paused',
      'person',
      'by request; and after resume: the budget of 3.00 USD is reached',
    ]);
  });

  it('is told in one word by a run and by its child, with what its batch jobs are at', () => {
    const run = new RunProgress(null, ASKED);
    run.table.start('generate', NOW);
    const report: GenerateReport = {
      ...{ child: 'generate', version: 1, accepted: 10, requests: 1, costUsd: 2.5, yield: noYield() },
      ...{ waitingFor: MONEY, forecast: null, note: 'job batch_1 in_progress, 3 of 10 prompts' },
    };
    run.take(report, 1);
    assert.equal(
      run.table.stages.find(({ name }) => name === 'generate')?.note,
      '1 request answered; job batch_1 in_progress, 3 of 10 prompts',
    );
    const { state, pauseKind, pauseReason } = run.answer({ ...CONTROL, paused: true }, NOW);
    assert.deepEqual([state, pauseKind, pauseReason], pauseOf(true, MONEY));
    // Its child has not heard of the new budget yet.
    run.take(report, 2);
    assert.equal(run.answer(CONTROL, NOW).pauseKind, null);
  });

  it('counts what an evaluation has cost so far, and once', () => {
    const run = new RunProgress(null, ASKED);
    run.table.start('evaluate', NOW);
    for (const costUsd of [0.25, 0.75]) {
      run.take({ child: 'evaluate', version: 1, done: 1, total: 4, waitingFor: null, costUsd }, 1);
      assert.equal(run.answer(CONTROL, NOW).costUsd, costUsd);
    }
    const pairwise = { winRate: 50, wins: 1, losses: 1, ties: 0, unreadable: 0 };
    const exactMatch = { rows: 200, right: 6, rate: 0.03, interval: [0.01, 0.06] };
    run.book('evaluate', { evaluate: { costUsd: 1, pairwise, exactMatch } as EvaluateResult });
    assert.equal(run.answer(CONTROL, NOW).costUsd, 1);
    const { note } = run.table.stages.at(-2) ?? {};
    assert.equal(note, '6 of 200 right; win rate 50.0%: 1 win, 1 loss, 0 ties');
  });

  it('has the filter where the run has one, with what each rule dropped', () => {
    assert.equal(
      new RunProgress(null, ASKED).table.stages.some(({ name }) => name === 'filter'),
      false,
    );
    const run = new RunProgress(null, { ...ASKED, filter: filterSettings.parse({}) });
    const [data, dropped] = [97, 3].map((rows) => ({ rows }) as ArtifactReference);
    run.book('filter', {
      filter: { data, dropped, droppedBy: { code: 0, refusal: 2, echo: 1 } } as FilterResult,
    });
    const stages = run.table.stages.map(({ name, done, unit, note }) => `${name} ${done} ${unit} ${note}`);
    assert.equal(stages[3], 'filter 100 rows 97 kept; 3 dropped: 2 refusal, 1 echo');
  });

  it('goes by what generation gave in the end, not by what it reported last', () => {
    const run = new RunProgress(null, ASKED);
    run.table.start('generate', NOW);
    const counts = { similar: 312, malformed: 394, filtered: { 'forbidden-word': 78, 'too-short': 67 } };
    run.book('generate', {
      generate: {
        ...imported({ rows: 2039 } as ArtifactReference),
        ...{ stopReason: 'target', requests: 34 },
        yield: { ...noYield(), ...counts, accepted: 2039 },
      },
    });
    run.table.finish('generate', NOW);
    assert.deepEqual(
      run.table.stages.slice(1, 3).map(({ name, done, note }) => [name, done, note]),
      [
        ['generate', 2039, '34 requests, target reached'],
        ['dedupe', 2351, '312 too similar, 145 filtered, 394 malformed'],
      ],
    );
  });

  it('counts rows that are brought in as what they are, whatever a teacher would be asked for', () => {
    const run = new RunProgress(null, { ...ASKED, generate: { from: 'rows.json' } });
    run.table.start('generate', NOW);
    run.aimAt(2000);
    const data = { rows: 600 } as ArtifactReference;
    run.book('generate', {
      generate: imported(data),
    });
    run.aimAt(2000);
    run.table.finish('generate', NOW);
    const { stages, target } = run.answer({ ...CONTROL, target: 2000 }, NOW);
    const { done, total, unit } = stages.find(({ name }) => name === 'generate') ?? {};
    assert.deepEqual([done, total, unit, target], [600, 600, 'rows', 600]);
  });

  it('has what the workflow has: rows, dollars, and how training goes', () => {
    const training = {
      ...{ step: 7, loss: 2.5, learningRate: 0.001, gradientNorm: 1, tokensPerSecond: 800 },
      ...{ memoryBytes: 1, peakMemoryBytes: 2, heldOutLoss: null },
    };
    const has = { table: generating(), control: CONTROL, waitsFor: null, accepted: 10, costUsd: 2.5 };
    const progress = progressOf({ ...has, training }, NOW);
    assert.deepEqual(
      [progress.accepted, progress.costUsd, progress.budgetUsd, progress.training],
      [10, 2.5, 3, training],
    );
    assert.equal('training' in progressOf({ ...has, training: null }, NOW), false);
  });

  it('runs until the last stage is done, at the pace of the one that runs', () => {
    const table = generating();
    table.finish('generate', NOW);
    const between = progressOf({ table, control: CONTROL, waitsFor: null }, NOW);
    assert.deepEqual([between.state, between.stage, between.etaSeconds], ['running', 'generate', null]);
    table.start('dedupe', NOW, 50);
    table.update('dedupe', { done: 20 });
    const { state, stage, etaSeconds } = progressOf(
      { table, control: CONTROL, waitsFor: null },
      new Date('2026-01-01T00:01:10Z'),
    );
    assert.deepEqual([state, stage, etaSeconds], ['running', 'dedupe', 15]);
  });

  it('is done when every stage is, whatever was asked for meanwhile', () => {
    const table = generating();
    table.finish('generate', NOW);
    table.finish('dedupe', NOW);
    const { state } = progressOf({ table, control: CONTROL, waitsFor: null }, NOW);
    assert.equal(state, 'done');
  });
});

describe('the progress of a run with that of its running step', () => {
  const control = CONTROL;
  const run = createStageTable(['sample', 'generate', 'dedupe', 'train']);
  run.start('generate', new Date('2026-01-01T00:00:00Z'), 50, 'accepted');
  const old = progressOf(
    { table: run, control, waitsFor: MONEY, accepted: 1, target: 50, costUsd: 0.1 },
    NOW,
  );

  it('has the counts of the step, and of the run when stages began and why it waits', () => {
    const table = generating();
    table.start('dedupe', NOW);
    table.update('dedupe', { done: 12, unit: 'rows', note: '2 too similar' });
    const step = progressOf({ table, control, waitsFor: null, accepted: 10, target: 50, costUsd: 0.4 }, NOW);
    const { stages, accepted, costUsd, etaSeconds, pauseKind, loss } = withStep(old, step);
    assert.deepEqual(
      stages.map(({ name, state, done, total, unit }) => [name, state, done, total, unit]),
      [
        ['sample', 'waiting', 0, 0, ''],
        ['generate', 'running', 10, 50, 'accepted'],
        ['dedupe', 'waiting', 12, 0, 'rows'],
        ['train', 'waiting', 0, 0, ''],
      ],
    );
    assert.deepEqual([accepted, costUsd, etaSeconds, pauseKind, loss], [10, 0.4, 240, 'budget', old.loss]);
  });

  it('has the loss of a training, and none of the cost of what it does not pay for', () => {
    const table = createStageTable(['train']);
    table.start('train', new Date('2026-01-01T00:00:00Z'), 10, 'steps');
    table.update('train', { done: 5 });
    const loss = { latest: 1.5, before: 2, after: null };
    const step = progressOf({ table, control, waitsFor: null, loss }, NOW);
    const found = withStep({ ...old, stage: 'train' }, step);
    assert.deepEqual([found.loss, found.costUsd, found.accepted, found.stages[3]?.done], [loss, 0.1, 1, 5]);
  });
});
