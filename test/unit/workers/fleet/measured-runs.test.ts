import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowInfo } from '@temporalio/workflow';
import { MeasuredRuns } from '../../../../workers/fleet/measured-runs.ts';
import type { MeasuredRun } from '../../../../workflows/show.ts';
import { measuredDuring } from '../../../measured.ts';

type Told = Pick<WorkflowInfo, 'workflowId'>;

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
    const { found, runs } = setUp(test);
    for (const workflowId of ['open', 'terminated', 'gone'])
      runs.stands(workflowId, { costUsd: 0, budgetUsd: null, pauseKind: 'storage' });
    assert.equal(found['alpaca_runs_waiting{reason="storage"}'], 3);
    await runs.look();
    assert.equal(found['alpaca_runs_waiting{reason="storage"}'], 1);
  });
});

function setUp(test: { after(end: () => void): void }) {
  const found = measuredDuring(test);
  const client = clientOf({ open: 'RUNNING', terminated: 'TERMINATED' });
  const measured = new MeasuredRuns(client);
  test.after(() => measured.close());
  const { stands, ended } = measured.sinks.runs;
  const info = (workflowId: string): Told => ({ workflowId });
  return {
    found,
    runs: {
      stands: (id: string, run: MeasuredRun) => stands.fn(info(id) as WorkflowInfo, run),
      ended: (id: string) => ended.fn(info(id) as WorkflowInfo),
      look: () => measured.look(client),
    },
  };
}

function clientOf(statuses: Record<string, string>): Pick<Client, 'workflow'> {
  const getHandle = (workflowId: string) => ({
    async describe() {
      const name = statuses[workflowId];
      if (name === undefined) throw new WorkflowNotFoundError('not there', workflowId, undefined);
      return { status: { name } };
    },
  });
  return { workflow: { getHandle } } as Partial<Client> as Client;
}
