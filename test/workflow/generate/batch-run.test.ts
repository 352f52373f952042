import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { loadProfiles, type TeacherProfile } from '../../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../../workers/offline-teacher/server.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import type { GenerateActivities } from '../../../workflows/contracts/generate-activities.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { NO_FAULTS } from '../../unit/workers/offline-teacher/no-faults.ts';
import { readLog } from '../../unit/workers/offline-teacher/with-teacher.ts';
import { eventually, type OwnHarness, startHarness } from '../harness.ts';

const PRICE = { inputUsdPerMillion: 2, outputUsdPerMillion: 8 };
const BATCH = { completionWindow: '24h', requestsPerJob: 3, pollSeconds: 0.05, priceFactor: 0.5 };

let harness: OwnHarness;
let folder: string;

async function open(serverArguments?: string[]): Promise<void> {
  harness = await startHarness(serverArguments);
  folder = await mkdtemp(join(tmpdir(), 'alpaca-batch-'));
}

async function close(): Promise<void> {
  await harness.close();
  await rm(folder, { recursive: true, force: true });
}

const input = { teacher: 'offline', target: 60, promptsPerRequest: 2, outageWaitSeconds: 0, budgetUsd: 10 };
let runs = 0;

/** One teacher, one store, and what a run gave. */
async function world(options: Parameters<typeof startOfflineTeacher>[0], profile: Partial<TeacherProfile>) {
  runs += 1;
  const log = join(folder, `log-${runs}.jsonl`);
  const teacher = await startOfflineTeacher({
    ...{ latencyMs: 0, latencySpreadMs: 0, faults: NO_FAULTS, log },
    ...options,
  });
  const store = createLocalStore({ root: join(folder, `store-${runs}`) });
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
  const profiles = { ...known, get: () => ({ ...known.get('offline'), price: PRICE, ...profile }) };
  const activities: GenerateActivities = createGenerateActivities({ store, profiles, env: {} });
  const script = { ...createSampleActivities({ store }), ...activities };
  const paidLines = async () =>
    (await readLog(log)).filter(({ path, status }) => path.includes('completions') && status === 200);
  const jobs = async () => (await readLog(log)).filter(({ path }) => path === '/v1/batches');
  return { script, activities, paidLines, jobs, [Symbol.asyncDispose]: () => teacher.close() };
}

async function run(script: Partial<GenerateActivities>, overrides: object = {}): Promise<GenerateResult> {
  let result: GenerateResult | undefined;
  await harness.withWorker(script, async (start) => {
    result = (await (await start('generate', { ...input, ...overrides })).result()) as GenerateResult;
  });
  assert.ok(result);
  return result;
}

/** The real activities against the offline teacher, whose own log says what was asked and paid. */
describe('a run by batch jobs', () => {
  before(() => open());
  after(close);

  it('gives the rows of a run by single requests, at half the price', async (test) => {
    const single = disposedAfter(test, await world({}, {}));
    const batch = disposedAfter(test, await world({ batch: { seconds: 0 } }, { batch: BATCH }));
    const bySingle = await run(single.script);
    const byBatch = await run(batch.script);
    assert.equal(byBatch.data.sha256, bySingle.data.sha256);
    assert.deepEqual(byBatch.yield, bySingle.yield);

    const paid = await batch.paidLines();
    assert.equal(byBatch.sent, paid.length);
    const tokens = (of: 'promptTokens' | 'completionTokens') => paid.reduce((sum, line) => sum + line[of], 0);
    const full =
      tokens('promptTokens') * PRICE.inputUsdPerMillion +
      tokens('completionTokens') * PRICE.outputUsdPerMillion;
    assert.equal(byBatch.costUsd.toFixed(9), (full / 2 / 1e6).toFixed(9));
    assert.deepEqual([byBatch.lost, byBatch.promptTokens], [0, tokens('promptTokens')]);
  });

  it('over its ledger sends nothing and gives the same rows', async (test) => {
    const set = disposedAfter(test, await world({ batch: { seconds: 0 } }, { batch: BATCH }));
    const first = await run(set.script);
    const jobs = (await set.jobs()).length;
    const second = await run(set.script, { budgetUsd: 10 });
    assert.equal((await set.jobs()).length, jobs);
    assert.deepEqual([second.sent, second.costUsd, second.data.sha256], [0, 0, first.data.sha256]);
  });

  it('finds the job of an attempt that died after creating it', async (test) => {
    const set = disposedAfter(test, await world({ batch: { seconds: 0 } }, { batch: BATCH }));
    let deaths = 0;
    const submitBatch: GenerateActivities['submitBatch'] = async (range) => {
      const submitted = await set.activities.submitBatch(range);
      if (submitted.batch === null || deaths === 2) return submitted;
      deaths += 1;
      throw ApplicationFailure.retryable('the worker died before it could say so');
    };
    const result = await run({ ...set.script, submitBatch });
    assert.equal(deaths, 2);
    const paid = await set.paidLines();
    assert.equal(
      new Set(paid.map(({ request, occurrence }) => `${request}/${occurrence}`)).size,
      paid.length,
    );
    assert.ok(paid.every(({ occurrence }) => occurrence === 0));
    assert.deepEqual([result.lost, result.sent], [0, paid.length]);
  });

  it('keeps what an expired job answered, and asks the rest and the failed lines in others', async (test) => {
    const undisturbed = disposedAfter(test, await world({ batch: { seconds: 0 } }, { batch: BATCH }));
    const weather = { seconds: 0, expireAfter: 0.6, failedLines: 0.3, rejectedJobs: 1 };
    const set = disposedAfter(test, await world({ batch: weather }, { batch: BATCH }));
    const result = await run(set.script, { target: 20 });
    const jobs = await set.jobs();
    assert.ok(jobs.length >= 3, `${jobs.length} jobs`);
    const paid = await set.paidLines();
    assert.equal(result.sent, paid.length);
    assert.deepEqual([result.stopReason, result.lost], ['target', 0]);
    assert.equal(new Set(paid.map(({ request }) => request)).size, paid.length);
    assert.equal((await run(undisturbed.script, { target: 20 })).requests, result.requests);
  });

  it('collects what a cancelled run’s job has answered when the run is started again', async (test) => {
    const set = disposedAfter(test, await world({ batch: { seconds: 3 } }, { batch: BATCH }));
    await harness.withWorker(set.script, async (start) => {
      const handle = await start('generate', input);
      await eventually(
        () => handle.query(progressQuery),
        ({ stages }) => /in_progress, [1-9]/.test(stages[0]?.note ?? ''),
      );
      await handle.cancel();
      await assert.rejects(handle.result());
    });
    const before = (await set.paidLines()).length;
    assert.ok(before > 0);
    const result = await run(set.script);
    const paid = await set.paidLines();
    assert.ok(paid.every(({ occurrence }) => occurrence === 0));
    assert.equal(result.sent, paid.length - before);
  });
});

describe('a long run by batch jobs', () => {
  before(() => open(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=15']));
  after(close);

  it('continues as new on the server’s suggestion: each job is collected, and nothing is asked twice', async (test) => {
    const single = disposedAfter(test, await world({}, {}));
    const batch = disposedAfter(test, await world({ batch: { seconds: 0 } }, { batch: BATCH }));
    const expected = await run(single.script, { target: 200 });
    const before = await continuations();
    const result = await run(batch.script, { target: 200 });
    const continued = await eventually(continuations, (count) => count > before);
    assert.ok(continued - before >= 2, `${continued - before} continuations`);
    const paid = await batch.paidLines();
    assert.ok(paid.every(({ occurrence }) => occurrence === 0));
    assert.deepEqual([result.sent, result.lost], [paid.length, 0]);
    assert.deepEqual([result.data.sha256, result.yield], [expected.data.sha256, expected.yield]);
  });
});

async function continuations(): Promise<number> {
  return (await harness.environment.client.workflow.count('ExecutionStatus = "ContinuedAsNew"')).count;
}
