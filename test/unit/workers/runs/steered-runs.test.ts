import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { writeRunRecord } from '../../../../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { Allowance } from '../../../../workers/runs/access/allowance.ts';
import type { Visitor } from '../../../../workers/runs/access/visitor.ts';
import { knownRuns } from '../../../../workers/runs/runs.ts';
import { startRun } from '../../../../workers/runs/start-run.ts';
import type { SteeredRuns } from '../../../../workers/runs/steered-runs.ts';
import { type UpdateRequest, updateRun } from '../../../../workers/runs/updates.ts';
import type { Progress } from '../../../../workflows/contracts/progress.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { temporaryStore } from '../../activities/generate/generation-fixture.ts';

const ada: Visitor = { id: 'a', name: 'Ada', role: 'spend', usdPerDay: 2 };
const ben: Visitor = { id: 'b', name: 'Ben', role: 'run', usdPerDay: 0 };

const PROGRESS: Progress = {
  ...{ state: 'running', stage: 'generate', stages: [], accepted: 1, target: 10, costUsd: 0, budgetUsd: 1 },
  ...{ pauseReason: null, pauseKind: null, loss: { latest: null, before: null, after: null } },
  ...{ etaSeconds: null, forecast: null },
};

/** The server: what it knows of one run, and which updates reached it. */
const server = { type: 'alpaca', parent: null as string | null, budgetUsd: 1, isAway: false };
const sent: string[] = [];

const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;

function description() {
  const execution = { workflowId: 'run', runId: 'first' };
  return DescribeWorkflowExecutionResponse.fromObject({
    executionConfig: { taskQueue: { name: 'blue' } },
    workflowExecutionInfo: {
      ...{ execution, type: { name: server.type }, status: 1, historyLength: 9, startTime: { seconds: 1 } },
      ...(server.parent === null ? {} : { parentExecution: { workflowId: server.parent, runId: 'x' } }),
    },
  });
}

describe('a run that a visitor steers', () => {
  let root: string;
  let store: ArtifactStore;
  let runs: SteeredRuns;
  const connection = Connection.lazy({ address: '127.0.0.1:1' });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-steered-'));
    store = createLocalStore({ root });
    const client = new Client({
      connection,
      interceptors: {
        workflow: [
          {
            async describe() {
              if (server.isAway) throw new Error('the server is away');
              return description();
            },
            query: async () => ({ ...PROGRESS, budgetUsd: server.budgetUsd }),
            async startUpdate({ updateName }) {
              sent.push(updateName);
              throw new Error('it was sent');
            },
          },
        ],
      },
    });
    runs = {
      ...{ client, clients: { of: () => client.workflow }, store, server: 'the server', taskQueue: 'blue' },
      ...{ allowance: new Allowance(store), starting: new Map() },
    };
  });
  beforeEach(() => {
    Object.assign(server, { type: 'alpaca', parent: null, budgetUsd: 1, isAway: false });
    sent.length = 0;
  });
  after(async () => {
    await connection.close();
    await rm(root, { recursive: true, force: true });
  });

  const update = (visitor: Visitor, name: UpdateRequest['name'], body: unknown) =>
    updateRun(runs, visitor, 'run', { name, body, key: null });
  const granted = async () => {
    const [day] = await store.listEntries(`access/granted/${ada.id}`);
    if (day === undefined) return [];
    const date = new Date().toISOString().slice(0, 10);
    const names = await store.listEntries(`access/granted/${ada.id}/${date}`);
    const read = names.map((name) => store.readEntry(`access/granted/${ada.id}/${date}/${name}`));
    return (await Promise.all(read)).map((content) => JSON.parse(String(content)));
  };

  it('books nothing for what would refuse the budget: another workflow, a step, a server that is away', async () => {
    server.type = 'sample';
    await assert.rejects(update(ada, 'setBudget', { budgetUsd: 2 }), {
      code: 'UpdateRefused',
      message: /^run is a sample workflow, which takes no setBudget/,
    });
    Object.assign(server, { type: 'generate', parent: 'whole' });
    await assert.rejects(update(ada, 'setBudget', { budgetUsd: 2 }), {
      code: 'UpdateRefused',
      message: /^run is a step of whole, which has the budget/,
    });
    server.isAway = true;
    const input = { budgetUsd: 1, generate: { target: 20 } };
    await assert.rejects(startRun(runs, ada, { workflow: 'alpaca', input, key: null }), /away/);
    assert.deepEqual(sent, []);
    assert.deepEqual(await granted(), []);
  });

  it('books what a budget is raised by, under the run’s own id', async () => {
    await assert.rejects(update(ada, 'setBudget', { budgetUsd: 1.5 }), /it was sent/);
    assert.deepEqual(await granted(), [{ usd: 0.5, to: 'run first from 1 to 1.5' }]);
  });

  it('is given a higher target by who may spend, where rows cost money', async () => {
    await assert.rejects(update(ben, 'setTarget', { target: 11 }), {
      code: 'Permission',
      message: /^This takes the role spend/,
    });
    assert.deepEqual(sent, []);
    await assert.rejects(update(ben, 'setTarget', { target: 9 }), /it was sent/);
    await assert.rejects(update(ada, 'setTarget', { target: 11 }), /it was sent/);
    server.budgetUsd = 0;
    await assert.rejects(update(ben, 'setTarget', { target: 11 }), /it was sent/);
    assert.deepEqual(sent, ['setTarget', 'setTarget', 'setTarget']);
  });

  it('is shown and steered where it is a run: whatever else the server has is not there', async () => {
    server.type = 'payroll';
    const isNone = { code: 'NotFound', message: 'run is a workflow of the type payroll, which is no run.' };
    await assert.rejects(knownRuns(runs).view('run'), isNone);
    await assert.rejects(update(ada, 'pause', {}), isNone);
  });

  it('is not started with settings that do nothing: it would end at once', async () => {
    const input = { train: { loraRank: 4 } };
    await assert.rejects(startRun(runs, ben, { workflow: 'alpaca', input, key: null }), {
      code: 'InvalidInput',
      fields: [
        {
          path: ['train', 'loraRank'],
          problem: 'train.loraRank does nothing by itself: expected method beside it, which would be lora',
        },
      ],
    });
  });
});

describe('a run that failed', () => {
  it('is told without the folders of the machine where it did, and by whom it was started and changed', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    await writeRunRecord(store, {
      ...{ workflowId: 'torn', runId: 'first', type: 'alpaca', namespace: 'default', status: 'FAILED' },
      ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z', input: {} },
      ...{ result: null, failure: 'The file /data/of/ada/rows.jsonl is torn.' },
      ...{ startedBy: 'Ada', updates: [{ what: 'pause', by: 'Ben', at: '2026-11-01T10:30:00.000Z' }] },
    });
    const describe = async () => {
      throw new WorkflowNotFoundError('It is not there.', 'torn', undefined);
    };
    const client: Client = Object.assign(Object.create(null), {
      withDeadline: (_: number, work: () => Promise<unknown>) => work(),
      workflow: { getHandle: () => ({ describe }) },
    });
    const { failure, startedBy, updates } = await knownRuns({ client, store, server: 'the server' }).view(
      'torn',
    );
    assert.equal(failure, 'The file …/rows.jsonl is torn.');
    assert.deepEqual(
      [startedBy, updates.map(({ what, by }) => `${what} by ${by}`)],
      ['Ada', ['pause by Ben']],
    );
  });
});
