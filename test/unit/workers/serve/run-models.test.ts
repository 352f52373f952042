import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { Client } from '@temporalio/client';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import { writeRunRecord } from '../../../../activities/artifacts/run-index.ts';
import { ModelsUnreachable } from '../../../../workers/serve/models.ts';
import { serveOnDemand } from '../../../../workers/serve/models-on-demand.ts';
import { modelsOfRuns } from '../../../../workers/serve/run-models.ts';
import { type ModelServer, startModelServer } from '../../../../workers/serve/server.ts';
import type { RunRecord } from '../../../../workflows/contracts/run/record.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { type TemporaryStore, temporaryStore } from '../../activities/generate/generation-fixture.ts';

const MESSAGE = 'The Temporal server does not answer. Start it with `npm run up`, or check TEMPORAL_ADDRESS.';

const down = () => {
  throw Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14, details: '', metadata: {} });
};

describe('a server of the models of runs, while Temporal is down', () => {
  const client = clientWith({ list: down, getHandle: () => ({ describe: async () => down() }) });
  let temporary: TemporaryStore;
  let server: ModelServer;
  before(async () => {
    temporary = await temporaryStore();
    const models = serveOnDemand(modelsOfRuns(client, temporary.store), {
      open: () => assert.fail('nothing is opened'),
    });
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
  });
  after(async () => {
    await server.close();
    await temporary[Symbol.asyncDispose]();
  });

  it('is alive, and says why it names no models', async () => {
    const answer = await fetch(`${server.url}/health`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: 'ok', models: null, reason: MESSAGE });
  });

  it('has programs ask again later', async () => {
    const listed = await fetch(`${server.url}/v1/models`);
    const asked = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'a-run', messages: [{ role: 'user', content: 'Hello.' }] }),
    });
    for (const answer of [listed, asked]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('retry-after'), '5');
      const body = (await answer.json()) as { error: { message: string; type: string } };
      assert.deepEqual([body.error.message, body.error.type], [MESSAGE, 'server_error']);
    }
  });

  it('tells whoever opens the chat page', async () => {
    const page = await fetch(server.url);
    assert.deepEqual([page.status, await page.text()], [503, MESSAGE]);
  });
});

describe('the models of runs', () => {
  it('are those of the runs themselves, the newest first, with the base beside the newest', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const runs = [
      { workflowId: 'older', closeTime: new Date(1000) },
      { workflowId: 'older/train', closeTime: new Date(900), parentExecution: { workflowId: 'older' } },
      { workflowId: 'newer', closeTime: new Date(2000) },
      { workflowId: 'older', closeTime: new Date(500) },
    ];
    async function* list() {
      yield* runs;
    }
    const models = modelsOfRuns(clientWith({ list }), store);
    assert.deepEqual(await models.names(), ['newer', 'builtin', 'older']);
  });

  it('are those too that the store has records of, whether the server knows them or answers at all', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const model = await store.putFile('model', 'model', 'weights', { madeBy: 'test' });
    const record: Omit<RunRecord, 'workflowId'> = {
      ...{ runId: 'run-1', type: 'train', namespace: 'default', status: 'COMPLETED', failure: null },
      ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z' },
      ...{ startedBy: null, updates: [], input: {}, result: { model } },
    };
    await writeRunRecord(store, { ...record, workflowId: 'forgotten' });
    await writeRunRecord(store, { ...record, workflowId: 'seeds', type: 'sample' });
    async function* list() {
      yield { workflowId: 'newer', closeTime: new Date('2026-11-02T10:00:00.000Z') };
    }
    const models = modelsOfRuns(clientWith({ list }), store);
    assert.deepEqual(await models.names(), ['newer', 'builtin', 'forgotten']);

    const apart = modelsOfRuns(clientWith({ list: down, getHandle: () => ({ describe: down }) }), store);
    assert.deepEqual(await apart.names(), ['forgotten', 'builtin']);
    assert.equal(await apart.folderOf('forgotten'), await store.open(model));
    assert.equal(await apart.folderOf('seeds'), null);
    await assert.rejects(apart.folderOf('none'), ModelsUnreachable);
  });
});

describe('what is known of the model of a run', () => {
  const row = (instruction: string, more: object = {}) => ({
    instruction,
    input: '',
    output: 'Yes.',
    ...more,
  });
  const put = async (store: TemporaryStore['store'], rows: object[]) =>
    store.putFile('rows', 'rows.jsonl', toJsonLines(rows), { madeBy: 'test', rows: rows.length });
  async function recordedRun(store: TemporaryStore['store'], rows: object[]): Promise<void> {
    const heldOutRows = await put(store, [row('Held out.')]);
    const [model, base] = await Promise.all(
      ['tuned', 'base'].map((weights) => store.putFile('model', weights, weights, { madeBy: 'test' })),
    );
    const result = {
      ...{ dedupe: { data: await put(store, rows) }, filter: null, train: { model } },
      tokenize: { heldOutRows, model: base },
    };
    await writeRunRecord(store, {
      ...{ workflowId: 'my-run', runId: 'run-1', type: 'alpaca', namespace: 'default', status: 'COMPLETED' },
      ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z', failure: null },
      ...{ startedBy: null, updates: [], input: {}, result },
    });
  }
  const offline = clientWith({ list: down, getHandle: () => ({ describe: down }) });

  it('are short questions that it was trained on, none held out, and its base by a name that is served', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    await recordedRun(store, [
      row('Held out.'),
      row('Name a river.'),
      row('x'.repeat(81)),
      row('Add.', { input: '1 2' }),
    ]);
    const models = modelsOfRuns(offline, store);
    assert.deepEqual(await models.about('my-run'), {
      ...{ isMade: true, takesConversations: false, base: 'my-run@base' },
      examples: [
        { instruction: 'Name a river.', input: '' },
        { instruction: 'Add.', input: '1 2' },
      ],
    });
    const base = await models.folderOf('my-run@base');
    assert.equal(base && (await readFile(base, 'utf8')), 'base');
    assert.equal((await models.about('my-run@base'))?.base, null);
  });

  it('is that it takes conversations, where it was taught some', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const turns = ['user', 'assistant', 'user', 'assistant'].map((role) => ({ role, content: 'Yes.' }));
    await recordedRun(store, [row('Name a river.', { messages: turns })]);
    assert.equal((await modelsOfRuns(offline, store).about('my-run'))?.takesConversations, true);
  });

  it('is that it is not made yet, while the run goes on; of what trains nothing, nothing', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const running = (type: string) =>
      clientWith({
        getHandle: (workflowId: string) => ({
          describe: async () => ({
            ...{ workflowId, runId: 'run-1', type, status: { name: 'RUNNING' }, startTime: new Date(0) },
          }),
        }),
      });
    const about = await modelsOfRuns(running('alpaca'), store).about('my-run');
    assert.deepEqual(about, { isMade: false, takesConversations: false, base: null, examples: [] });
    assert.equal(await modelsOfRuns(running('rate'), store).about('my-run'), null);
  });
});

describe('of the models of runs', () => {
  const ofSchedule = (workflowId: string, runId: string, of: string): RunRecord => ({
    ...{ workflowId, runId, type: 'alpaca', namespace: 'default', status: 'COMPLETED', failure: null },
    ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z' },
    ...{ startedBy: null, updates: [], input: {}, result: { retrain: { newRows: 0, runId: of } } },
  });

  it('a night that found nothing new is none: it has the model of another', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    await writeRunRecord(store, ofSchedule('first-night', 'run-1', 'run-1'));
    await writeRunRecord(store, ofSchedule('second-night', 'run-2', 'run-1'));
    await writeRunRecord(store, { ...ofSchedule('no-rows-yet', 'run-0', 'run-0'), result: null });
    async function* list() {
      yield { workflowId: 'second-night', runId: 'run-2', closeTime: new Date(2000) };
      yield { workflowId: 'no-rows-yet', runId: 'run-0', closeTime: new Date(500) };
      yield { workflowId: 'first-night', runId: 'run-1', closeTime: new Date(1000) };
    }
    assert.deepEqual(await modelsOfRuns(clientWith({ list }), store).names(), ['first-night', 'builtin']);
  });

  it('fifty are offered beside those that are not to be', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    async function* list() {
      for (let night = 0; night < 60; night += 1)
        yield { workflowId: `night-${night}`, runId: `run-${night}`, closeTime: new Date(1e6 - night) };
    }
    const names = await modelsOfRuns(clientWith({ list }), store).names(new Set(['night-0', 'night-3']));
    assert.deepEqual([names.length, names.at(0), names.at(-1)], [51, 'night-1', 'night-51']);
  });
});

/** As much of a client as finding models takes. */
function clientWith(workflow: object): Client {
  const withDeadline = (_: number, work: () => Promise<unknown>) => work();
  return Object.assign(Object.create(null), { withDeadline, workflow });
}
