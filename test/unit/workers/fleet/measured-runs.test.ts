import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { WorkflowInfo } from '@temporalio/workflow';
import { MeasuredRuns } from '../../../../workers/fleet/measured-runs.ts';
import { COST_USD, STATE } from '../../../../workflows/search-attributes.ts';
import type { MeasuredRun } from '../../../../workflows/show.ts';
import { measuredDuring } from '../../../measured.ts';

type Told = Pick<WorkflowInfo, 'workflowId' | 'runId'>;

describe('open runs', () => {
  it('are measured together: what is left of budgets, the largest share spent, and what they wait for', (test) => {
    const { found, runs } = setUp(test);
    runs.stands('a', { costUsd: 1, budgetUsd: 4, pauseKind: null });
    runs.stands('b', { costUsd: 9, budgetUsd: 10, pauseKind: 'budget' });
    runs.stands('c', { costUsd: 0, budgetUsd: null, pauseKind: 'teacher' });
    assert.deepEqual(found, {
      alpaca_budget_left_dollars: 4,
      alpaca_budget_used_ratio: 0.9,
      'alpaca_runs_waiting{reason="person"}': 0,
      'alpaca_runs_waiting{reason="budget"}': 1,
      'alpaca_runs_waiting{reason="teacher"}': 1,
      'alpaca_runs_waiting{reason="storage"}': 0,
      'alpaca_runs_waiting{reason="outage"}': 0,
    });
  });

  it('are forgotten when they end', (test) => {
    const { found, runs } = setUp(test);
    runs.stands('a', { costUsd: 1, budgetUsd: 4, pauseKind: null });
    runs.stands('b', { costUsd: 9, budgetUsd: 10, pauseKind: 'budget' });
    runs.ended('b');
    assert.equal(found.alpaca_budget_used_ratio, 0.25);
    runs.ended('a');
    assert.equal(found.alpaca_budget_used_ratio, 0);
    assert.equal(found.alpaca_budget_left_dollars, 0);
  });

  it('are forgotten too where they ended without a word, or are not there any more', async (test) => {
    const { found, runs } = setUp(test, { open: {}, terminated: { status: 'TERMINATED' } });
    for (const workflowId of ['open', 'terminated', 'gone'])
      runs.stands(workflowId, { costUsd: 0, budgetUsd: null, pauseKind: 'storage' });
    assert.equal(found['alpaca_runs_waiting{reason="storage"}'], 3);
    await runs.look();
    assert.equal(found['alpaca_runs_waiting{reason="storage"}'], 1);
  });

  it('are each looked at, whatever the server says of one', async (test) => {
    const { found, runs } = setUp(test, { away: { error: new Error('the server is away') } });
    for (const workflowId of ['away', 'gone'])
      runs.stands(workflowId, { costUsd: 0, budgetUsd: null, pauseKind: 'storage' });
    await runs.look();
    assert.equal(found['alpaca_runs_waiting{reason="storage"}'], 1);
  });

  it('that go on at another worker are as the server has them, and left to it once they have spent more', async (test) => {
    const open: Described = {};
    const { found, runs } = setUp(test, { moved: open });
    runs.stands('moved', { costUsd: 9, budgetUsd: 10, pauseKind: 'budget' });
    open.state = 'waiting: budget';
    open.costUsd = 9;
    await runs.look();
    assert.equal(found['alpaca_runs_waiting{reason="budget"}'], 1);
    open.state = 'running';
    await runs.look();
    assert.equal(found['alpaca_runs_waiting{reason="budget"}'], 0);
    assert.equal(found.alpaca_budget_used_ratio, 0.9);
    open.costUsd = 9.5;
    await runs.look();
    assert.equal(found.alpaca_budget_used_ratio, 0);
  });

  it('stay as they are where an earlier run of their chain is replayed', (test) => {
    const { found, runs } = setUp(test);
    runs.stands('a', { costUsd: 9, budgetUsd: 10, pauseKind: 'budget' }, 'second');
    runs.stands('a', { costUsd: 1, budgetUsd: 10, pauseKind: null }, 'first');
    runs.ended('a', 'first');
    assert.equal(found.alpaca_budget_used_ratio, 0.9);
    assert.equal(found['alpaca_runs_waiting{reason="budget"}'], 1);
  });
});

interface Described {
  status?: string;
  state?: string;
  costUsd?: number;
  error?: Error;
}

function setUp(test: { after(end: () => void): void }, described: Record<string, Described> = {}) {
  const found = measuredDuring(test);
  const client = clientOf(described);
  const measured = new MeasuredRuns(client);
  test.after(() => measured.close());
  const { stands, ended } = measured.sinks.runs;
  const info = (workflowId: string, runId = workflowId): Told => ({ workflowId, runId });
  return {
    found,
    runs: {
      stands: (id: string, run: MeasuredRun, runId?: string) =>
        stands.fn(info(id, runId) as WorkflowInfo, run),
      ended: (id: string, runId?: string) => ended.fn(info(id, runId) as WorkflowInfo),
      look: () => measured.look(client),
    },
  };
}

function clientOf(described: Record<string, Described>): Pick<Client, 'workflow'> {
  const getHandle = (workflowId: string) => ({
    async describe() {
      const run = described[workflowId];
      if (run === undefined) throw new WorkflowNotFoundError('not there', workflowId, undefined);
      const { status: name = 'RUNNING', state, costUsd, error } = run;
      if (error !== undefined) throw error;
      const typedSearchAttributes = new TypedSearchAttributes([
        ...(state === undefined ? [] : [{ key: STATE, value: state }]),
        ...(costUsd === undefined ? [] : [{ key: COST_USD, value: costUsd }]),
      ]);
      return { status: { name }, typedSearchAttributes };
    },
  });
  return { workflow: { getHandle } } as Partial<Client> as Client;
}
