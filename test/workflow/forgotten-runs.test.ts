import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { createRunRecordActivities } from '../../activities/artifacts/activities.ts';
import { readRunRecords, writeRunRecord } from '../../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { forgetRuns } from '../../workers/command/store/forget.ts';
import { findRun, type RunPlaces, resultOf } from '../../workers/find-run.ts';
import { ON_THIS_MACHINE } from '../../workers/runs/access/visitor.ts';
import { knownRuns } from '../../workers/runs/runs.ts';
import type { StartedRun } from '../../workers/runs/startable.ts';
import { runSteering } from '../../workers/runs/steering.ts';
import { modelsOfRuns } from '../../workers/serve/run-models.ts';
import { temporalRatings } from '../../workers/web/rating/ratings.ts';
import { runFigures } from '../../workers/web/runs/run-figures.ts';
import { runListPage, runPage } from '../../workers/web/runs/run-pages.ts';
import { type AlpacaResult, alpacaResult } from '../../workflows/contracts/pipeline.ts';
import type { Progress } from '../../workflows/contracts/progress.ts';
import type { RatingView } from '../../workflows/contracts/rate.ts';
import { sampleResult } from '../../workflows/contracts/sample.ts';
import { progressQuery } from '../../workflows/messages.ts';
import { type TemporaryStore, temporaryStore } from '../unit/activities/generate/generation-fixture.ts';
import { eventually, type Harness, type OwnHarness, startHarness } from './harness.ts';
import { reference } from './scripted-activities.ts';

/** A server deletes a run once it has written down how far its queues are: by default, once in a minute. */
const SOON_DELETED = ['transfer', 'visibility', 'timer'].flatMap((queue) => [
  '--dynamic-config-value',
  `history.${queue}ProcessorUpdateAckInterval="1s"`,
]);

/** Runs that a server has deleted, as it does once its retention is over; and ids that several runs had. */
describe('a run that its server has forgotten', () => {
  let harness: OwnHarness;
  let client: Client;
  let temporary: TemporaryStore;
  let store: ArtifactStore;
  let places: RunPlaces & { client: Client };
  before(async () => {
    harness = await startHarness(SOON_DELETED);
    ({ client } = harness.environment);
    temporary = await temporaryStore();
    ({ store } = temporary);
    places = { client, store, server: 'the Temporal server at hand' };
  });
  after(async () => {
    await harness.close();
    await temporary[Symbol.asyncDispose]();
  });

  /** Runs after the workflows' histories were replayed, when the server forgets them. */
  const ended = async (
    work: (start: Parameters<Parameters<Harness['withWorker']>[1]>[0]) => Promise<WorkflowHandle>,
  ): Promise<WorkflowHandle> => {
    let handle: WorkflowHandle | undefined;
    await harness.withWorker(createRunRecordActivities({ store }), async (start) => {
      handle = await work(start);
      await handle.result().catch(() => {});
    });
    assert.ok(handle);
    return handle;
  };
  const forget = async ({ workflowId }: WorkflowHandle): Promise<void> => {
    const { workflowService } = client.connection;
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    await workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
    });
    const isGone = () =>
      client.workflow
        .getHandle(workflowId)
        .describe()
        .then(
          () => false,
          () => true,
        );
    await eventually(isGone, (gone) => gone);
  };

  it('is not started again by its key', async () => {
    const { taskQueue } = harness;
    const service = () => runSteering({ ...places, taskQueue });
    const key = 'of-one-night';
    const visitor = ON_THIS_MACHINE;
    const begun: StartedRun[] = [];
    const run = await ended(async () => {
      begun.push(await service().start(visitor, { workflow: 'sample', input: { runSeed: 7 }, key }));
      return client.workflow.getHandle(begun[0]?.workflowId ?? '');
    });
    assert.deepEqual(
      await service().start(visitor, { workflow: 'sample', input: { runSeed: 7 }, key }),
      begun[0],
    );
    await forget(run);
    assert.deepEqual(
      await service().start(visitor, { workflow: 'sample', input: { runSeed: 7 }, key }),
      begun[0],
    );
    await assert.rejects(
      service().start(visitor, { workflow: 'sample', input: { runSeed: 8 }, key }),
      /^AlpacaError: The key was used before, with another input/,
    );
  });

  it('is found with all that it came to, and shown on its page', async () => {
    let before: Progress | undefined;
    const run = await ended(async (start) => {
      const started = await start('alpaca', { generate: { target: 60 } });
      await started.result();
      before = await started.query(progressQuery);
      return started;
    });
    const remembered = await findRun(places, run.workflowId);
    const result = (await run.result()) as AlpacaResult;
    await forget(run);

    const found = await findRun(places, run.workflowId);
    assert.deepEqual({ ...found, description: null }, { ...remembered, description: null });
    assert.deepEqual(resultOf(found, { alpaca: alpacaResult }, 'has all'), { result });
    assert.deepEqual(await findRun(places, found.runId), found, 'by its run id too');
    assert.deepEqual(await findRun({ ...places, client: null }, run.workflowId), found, 'without any server');

    const runs = knownRuns(places);
    const view = await runs.view(run.workflowId);
    assert.deepEqual(view.result, result);
    assert.equal(view.isForgotten, true);
    assert.ok(before && view.progress);
    const told = ({ accepted, target, costUsd, loss, stages }: Progress) => ({
      ...{ accepted, target, costUsd, after: loss.after },
      stages: stages.map(({ name, state, note }) => [name, state, note]),
    });
    assert.deepEqual(told(view.progress), told(before));
    const place = { address: '', namespace: 'default', temporalUiUrl: 'http://ui', chatUrl: null };
    const page = runPage(view, place, { figures: await runFigures(store)(view), someRows: [] });
    assert.match(page, /<td>no longer<\/td>/);
    assert.doesNotMatch(page, /http:\/\/ui\/namespaces/);

    const [listed] = await runs.list();
    assert.deepEqual([listed?.workflowId, listed?.accepted, listed?.isForgotten], [run.workflowId, 60, true]);
    assert.match(runListPage([...(await runs.list())], place), new RegExp(`>${run.workflowId}</a>`));

    const models = modelsOfRuns(client, store);
    assert.deepEqual(await models.names(), [run.workflowId, 'builtin']);
    const { uri } = reference('model', 6, 'trained');
    await assert.rejects(models.folderOf(run.workflowId), { message: new RegExp(`has no ${uri}`) });
    assert.equal(await models.folderOf('none'), null);
  });

  it('says why it failed', async () => {
    const run = await ended((start) => start('alpaca', { generate: { tarjet: 60 } }));
    await forget(run);
    const { status, failure, result, progress } = await knownRuns(places).view(run.workflowId);
    assert.deepEqual(
      [status, failure, result, progress],
      ['FAILED', 'The input of alpaca is wrong: generate has no field "tarjet".', null, null],
    );
    assert.deepEqual(resultOf(await findRun(places, run.workflowId), { alpaca: alpacaResult }, 'has rows'), {
      missing: `${run.workflowId} is a alpaca workflow, failed; a completed alpaca one has rows.`,
    });
  });

  it('that was a comparison by people tells raters that it is over', async () => {
    const comparison = await ended(async (start) => {
      const started = await start('rate');
      await eventually(
        () => started.query<RatingView>('rating'),
        ({ state }) => state === 'open',
      );
      await started.executeUpdate('close');
      return started;
    });
    await forget(comparison);
    await assert.rejects(temporalRatings(client, store).view(comparison.workflowId), {
      code: 'NotFound',
      message: `This rating has ended, and its votes are counted. Its result: npx alpaca rate --result ${comparison.workflowId}`,
    });
    assert.equal((await findRun(places, comparison.workflowId)).status, 'COMPLETED');
  });

  it('gives way to a later run of its id, and is found by its run id', async () => {
    const first = await ended((start) => start('sample'));
    const { workflowId } = first;
    const { runId } = await first.describe();
    const [whole] = (await readRunRecords(store, workflowId)).records;
    assert.ok(whole);
    const closedAt = new Date(Date.parse(whole.closedAt) + 1).toISOString();
    await writeRunRecord(store, { ...whole, runId: 'came-to-nothing', closedAt, result: null });
    const again = await client.workflow.start('sample', { workflowId, taskQueue: 'nobody' });
    const running = await findRun(places, workflowId);
    assert.deepEqual(
      [running.status, running.runId, running.earlier?.runId],
      ['RUNNING', (await again.describe()).runId, runId],
    );
    assert.deepEqual(resultOf(running, { sample: sampleResult }, 'has seeds'), {
      missing: `${workflowId} is a sample workflow, running; a completed sample one has seeds. It completed before, as the run ${runId}: name that one so.`,
    });
    assert.equal((await findRun(places, runId)).status, 'COMPLETED');
    await again.terminate('for a test');
    const terminated = await findRun(places, workflowId);
    assert.deepEqual([terminated.status, terminated.failure], ['TERMINATED', 'for a test']);
    await forget(again);
  });

  it('was reset after its end: the run that went on from there is meant, and both have a record', async () => {
    let before = '';
    const run = await ended(async (start) => {
      const started = await start('sample');
      await started.result();
      before = (await started.describe()).runId;
      const workflowExecution = { workflowId: started.workflowId, runId: before };
      const { events } = await started.fetchHistory();
      const firstTask = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task)?.eventId;
      await client.connection.workflowService.resetWorkflowExecution({
        ...{ namespace: 'default', workflowExecution, requestId: 'once', reason: 'a test' },
        workflowTaskFinishEventId: firstTask ?? null,
      });
      return client.workflow.getHandle(started.workflowId);
    });
    const { runId } = await run.describe();
    assert.notEqual(runId, before);
    const { records } = await readRunRecords(store, run.workflowId);
    assert.deepEqual(
      records.map((record) => [record.runId, record.status]),
      [
        [runId, 'COMPLETED'],
        [before, 'COMPLETED'],
      ],
    );
    await forget(run);
    assert.equal((await findRun({ ...places, client: null }, run.workflowId)).runId, runId);
  });

  it('is another server’s where two share the store: of one id the last to end is meant', async () => {
    const run = await ended((start) => start('sample'));
    const [record] = (await readRunRecords(store, run.workflowId)).records;
    assert.ok(record);
    const elsewhere = { ...record, namespace: 'other', runId: 'of-another-server' };
    const found = async (closedAt: string) => {
      await writeRunRecord(store, { ...elsewhere, closedAt });
      const { runId, description } = await findRun(places, run.workflowId);
      return [runId, description?.runId ?? null];
    };
    assert.deepEqual(await found('2020-01-01T00:00:00.000Z'), [record.runId, record.runId]);
    assert.deepEqual(await found('2100-01-01T00:00:00.000Z'), ['of-another-server', null]);
  });

  it('whose record is torn says so, where nobody else knows it', async () => {
    const { workflowId } = await ended((start) => start('sample'));
    const [record] = (await readRunRecords(store, workflowId)).records;
    const names = await store.listEntries('runs');
    const name = names.find((each) => each.endsWith(`/${record?.runId}.json`));
    await store.writeEntry(`runs/${name}`, '{"workflowId":"');
    assert.equal((await findRun(places, workflowId)).status, 'COMPLETED', 'the server knows it');
    await assert.rejects(findRun({ ...places, client: null }, workflowId), {
      message: new RegExp(`\\. \\S+/entries/runs/${name} cannot be read as the record of a run\\. Start`),
    });
  });

  it('and the store too, where a person asks for it, with its steps', async () => {
    const run = await ended((start) => start('train'));
    const { workflowId } = run;
    const again = await client.workflow.start('train', { workflowId, taskQueue: 'nobody' });
    await assert.rejects(forgetRuns(places, workflowId), {
      name: 'UsageError',
      message: `${workflowId} goes on: cancel it first.`,
    });
    assert.equal((await readRunRecords(store, workflowId)).records.length, 1);
    await again.terminate();
    const isListed = async () => {
      const ids: string[] = [];
      for await (const { workflowId: id } of client.workflow.list()) ids.push(id);
      return ids.filter((id) => id === workflowId).length;
    };
    await eventually(isListed, (count) => count === 2);
    await store.writeEntry(`generation/${workflowId}/newest.json`, '{}');
    assert.deepEqual(await forgetRuns(places, workflowId), { records: 1, histories: 2 });
    assert.deepEqual(await store.listEntries(`generation/${workflowId}`), []);
    const isUnknown = () =>
      findRun(places, workflowId).then(
        () => false,
        () => true,
      );
    await eventually(isUnknown, (unknown) => unknown);
    await assert.rejects(forgetRuns(places, workflowId), { code: 'NotFound' });
  });

  it('nobody knows is named with both places', async () => {
    const root = store.root;
    await assert.rejects(findRun(places, 'none'), {
      code: 'NotFound',
      message: new RegExp(
        `^Neither the store ${root} nor the Temporal server at hand knows a run none\\. List`,
      ),
    });
    await assert.rejects(findRun({ ...places, client: null }, 'none'), {
      code: 'NotFound',
      message: new RegExp(
        `^The store ${root} has no record of a run none, and there is no answer from the Temporal server at hand\\. Start`,
      ),
    });
  });
});
