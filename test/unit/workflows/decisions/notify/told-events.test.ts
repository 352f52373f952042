import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StageName } from '../../../../../workflows/contracts/pipeline.ts';
import type { Pause, Progress, Stage } from '../../../../../workflows/contracts/progress.ts';
import {
  eventOf,
  NOTHING_TOLD,
  newEvents,
  type Told,
  withoutQuoted,
} from '../../../../../workflows/decisions/notify/told-events.ts';

const AT = new Date('2026-07-01T12:00:00Z');

function stage(name: StageName, state: Stage['state'], done = 0): Stage {
  const times = { startedAt: null, endedAt: null };
  return { name, state, done, total: 100, unit: 'rows', note: 'a row: "secret"', ...times };
}

function running(changes: Partial<Progress> = {}, pause: Pause | null = null): Progress {
  return {
    ...{ state: pause === null ? 'running' : 'paused', stage: 'generate', etaSeconds: 60, forecast: null },
    stages: [stage('sample', 'done', 175), stage('generate', 'running', 40), stage('dedupe', 'waiting')],
    ...{ accepted: 40, target: 100, costUsd: 1, budgetUsd: 10 },
    ...{ pauseReason: pause?.reason ?? null, pauseKind: pause?.kind ?? null },
    loss: { latest: null, before: null, after: null },
    ...changes,
  };
}

/** The names of the events that come of looks at a run, one list for each look. */
function told(...looks: Progress[]): string[][] {
  let known: Told = NOTHING_TOLD;
  return looks.map((progress) => {
    const { events, told: now } = newEvents(progress, known, AT);
    known = now;
    return events.map(({ event, progress: standing, pause }) =>
      [event, pause?.kind ?? standing?.stage].filter(Boolean).join(' '),
    );
  });
}

const outage: Pause = { kind: 'teacher', reason: 'No answer came; trying again in 5 s' };

describe('the events of a run', () => {
  it('tell once that a stage has finished', () => {
    const generated = running({
      stage: 'dedupe',
      stages: [stage('sample', 'done'), stage('generate', 'done'), stage('dedupe', 'running')],
    });
    assert.deepEqual(told(running(), running(), generated, generated), [
      ['stage sample'],
      [],
      ['stage generate'],
      [],
    ]);
  });

  it('tell of an outage once for as long as nothing is done, however often it is tried again', () => {
    const further = { accepted: 41, stages: [stage('sample', 'done'), stage('generate', 'running', 41)] };
    const looks = [
      ...[running({}, outage), running(), running({}, outage)],
      ...[running(further), running(further, outage)],
    ];
    assert.deepEqual(told(...looks).slice(1), [[], [], [], ['paused teacher']]);
  });

  it('tell of every pause that a person made', () => {
    const byHand: Pause = { kind: 'person', reason: 'by request' };
    const looks = [running({}, byHand), running({}, byHand), running(), running({}, byHand)];
    assert.deepEqual(told(...looks), [['stage sample', 'paused person'], [], [], ['paused person']]);
  });

  it('tell once of a wait for money, until more than that budget is spent', () => {
    const reached: Pause = { kind: 'budget', reason: 'The budget is reached' };
    const with5 = { costUsd: 3, budgetUsd: 5 };
    const raised = { costUsd: 3, budgetUsd: 20 };
    const spent = { costUsd: 12, budgetUsd: 20 };
    const looks = [
      ...[running(with5, reached), running(with5), running(with5, reached)],
      ...[running(raised, reached), running(raised), running(spent, reached)],
    ];
    assert.deepEqual(told(...looks), [['stage sample', 'paused budget'], [], [], [], [], ['paused budget']]);
  });

  it('tell at 80% of a budget, and again where it was raised and the same share of that is spent', () => {
    const spent = (costUsd: number, budgetUsd: number | null) => running({ costUsd, budgetUsd });
    const looks = [spent(7.99, 10), spent(8, 10), spent(9, 10), spent(9, 20), spent(16, 20), spent(16, null)];
    assert.deepEqual(told(...looks).slice(1), [['budget generate'], [], [], ['budget generate'], []]);
    assert.deepEqual(told(spent(0, 0)), [['stage sample']]);
  });

  it('have figures of the run, and no note', () => {
    assert.deepEqual(eventOf('paused', running({}, outage), AT), {
      event: 'paused',
      at: '2026-07-01T12:00:00.000Z',
      failure: null,
      pause: { kind: 'teacher', reason: 'No answer came; trying again in 5 s' },
      progress: {
        ...{ stage: 'generate', accepted: 40, target: 100, costUsd: 1, budgetUsd: 10 },
        stages: [
          { name: 'sample', state: 'done', done: 175, total: 100, unit: 'rows' },
          { name: 'generate', state: 'running', done: 40, total: 100, unit: 'rows' },
          { name: 'dedupe', state: 'waiting', done: 0, total: 100, unit: 'rows' },
        ],
      },
    });
    assert.equal(eventOf('failed', running({}, outage), AT, 'InvalidInput').pause, null);
  });
});

describe('the reason of a pause', () => {
  it('has nothing of what an endpoint or a system said', () => {
    const reasons = [
      'The teacher "a" failed with HTTP 500 (for the prompt: (1) Name a river) Try later; trying again in 5 s',
      'The teacher "a" answered, but its answer is no JSON: "Name a river"; trying again in 5 s',
      'answerRequest fails: Unexpected token in "Name; a river"; waiting until 2026-07-01 12:00 UTC, trying again in 90 s',
      'trainShard fails: no room for Name a river',
    ];
    assert.deepEqual(reasons.map(withoutQuoted), [
      'The teacher "a" failed with HTTP 500 (…) Try later; trying again in 5 s',
      'The teacher "a" answered, but its answer is no JSON: …; trying again in 5 s',
      'answerRequest fails; waiting until 2026-07-01 12:00 UTC, trying again in 90 s',
      'trainShard fails',
    ]);
  });

  it('is cut where it is long', () => {
    assert.equal(withoutQuoted('x'.repeat(400)), `${'x'.repeat(299)}…`);
  });
});
