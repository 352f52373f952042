import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { collectBatch } from '../../../../../activities/generate/batch/collect.ts';
import { createBatchEndpoint } from '../../../../../activities/generate/batch/endpoint.ts';
import { batchPlan, jobMetadata } from '../../../../../activities/generate/batch/job.ts';
import { placesOf } from '../../../../../activities/generate/batch/places.ts';
import { SUBMISSION_MS, submitBatch } from '../../../../../activities/generate/batch/submit.ts';
import { cancelBatch, pollBatch } from '../../../../../activities/generate/batch/watch.ts';
import type { GenerationRun } from '../../../../../activities/generate/generation-run.ts';
import { connect } from '../../../../../activities/teacher/connection.ts';
import { loadProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../../../../workers/offline-teacher/server.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { NO_FAULTS } from '../../../workers/offline-teacher/no-faults.ts';
import { readLog } from '../../../workers/offline-teacher/with-teacher.ts';
import { openSmallRun, temporaryStore } from '../generation-fixture.ts';

const RANGE = { firstRequest: 0, requests: 3, asking: 0 };

describe('asking by the job', () => {
  it('asks what the ledger lacks, once, and records every answer with who paid half of its price', async (test) => {
    const set = disposedAfter(test, await setUp());
    const submitted = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([submitted.prompts, submitted.lost], [6, 0]);
    const collected = await set.collect(submitted.batch, 'run-a/0-2/0');
    assert.deepEqual(
      [collected.prompts, collected.missing, collected.sent, collected.answeredRequests],
      [6, 0, 6, 3],
    );
    const tokens = collected.promptTokens * 1 + collected.completionTokens * 2;
    assert.equal(collected.costUsd.toFixed(12), (tokens / 2 / 1e6).toFixed(12));
    assert.ok(collected.costUsd < submitted.worstCaseUsd);

    const again = await submitBatch(RANGE, set.run, 'run-b/0-2/0', unwatched);
    assert.equal(again.batch, null);
    assert.deepEqual(await set.collect(submitted.batch, 'run-a/0-2/0'), collected);
    assert.equal((await set.collect(null, 'run-b/0-2/0')).sent, 0);
  });

  it('finds the job of an attempt that died after creating it, and of one that died in declaring', async (test) => {
    const set = disposedAfter(test, await setUp());
    const first = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    const second = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    assert.deepEqual(second, first);

    const next = { ...RANGE, firstRequest: 3 };
    const [place] = placesOf(next, set.run);
    assert.ok(place);
    await set.declare(place.key, 'run-a/3-5/0', new Date());
    const whole = await submitBatch(next, set.run, 'run-a/3-5/0', unwatched);
    assert.equal(whole.prompts, 6);
    assert.equal((await set.jobs()).length, 2);
  });

  it('waits for another run’s job in place of asking again, and pays nothing for it', async (test) => {
    const set = disposedAfter(test, await setUp());
    const theirs = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    const ours = await submitBatch({ ...RANGE, requests: 5 }, set.run, 'run-b/0-4/0', unwatched);
    assert.deepEqual([ours.batch, ours.prompts, ours.worstCaseUsd], [theirs.batch, 6, 0]);
    const collected = await collectBatch(
      { ...RANGE, requests: 5, batch: ours.batch },
      set.run,
      'run-b/0-4/0',
      unwatched,
    );
    assert.deepEqual([collected.missing, collected.sent, collected.costUsd], [4, 0, 0]);
    const rest = await submitBatch({ ...RANGE, requests: 5, asking: 1 }, set.run, 'run-b/0-4/1', unwatched);
    assert.equal(rest.prompts, 4);
  });

  it('asks again what another run never submitted, once that is certain', async (test) => {
    const set = disposedAfter(test, await setUp());
    const [place] = placesOf(RANGE, set.run);
    assert.ok(place);
    await set.declare(place.key, 'run-a/0-2/0', new Date());
    await assert.rejects(submitBatch(RANGE, set.run, 'run-b/0-2/0', unwatched), {
      code: 'TeacherUnavailable',
      message: /run-a\/0-2\/0 may be submitting 1 of these prompts/,
    });
    const [open] = await set.run.ledger.intents(place.key);
    assert.ok(open);
    await set.run.ledger.closeIntent(place.key, 0, open, 'test');
    await set.declare(place.key, 'run-a/0-2/0', new Date(Date.now() - SUBMISSION_MS));
    assert.equal((await submitBatch(RANGE, set.run, 'run-b/0-2/0', unwatched)).prompts, 6);
  });

  it('books a single request of its own run whose answer was lost, and asks it in the next job', async (test) => {
    const set = disposedAfter(test, await setUp());
    const [place] = placesOf(RANGE, set.run);
    assert.ok(place);
    const intent = {
      profile: 'offline',
      worstCaseUsd: 0.3,
      paidBy: 'run-a/0/0',
      asking: 0,
      time: new Date().toISOString(),
    };
    await set.run.ledger.declareIntent(place.key, 0, intent);
    const first = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([first.batch, first.lost, first.lostUsd], [null, 1, 0.3]);
    const next = await submitBatch({ ...RANGE, asking: 1 }, set.run, 'run-a/0-2/1', unwatched);
    assert.deepEqual([next.prompts, next.lost], [6, 0]);
  });

  it('does not book what another run lost', async (test) => {
    const set = disposedAfter(test, await setUp());
    const [place] = placesOf(RANGE, set.run);
    assert.ok(place);
    const about = { profile: 'offline', worstCaseUsd: 0.3, time: new Date().toISOString() };
    await set.run.ledger.declareIntent(place.key, 0, { ...about, paidBy: 'run-a/0/0', asking: 0 });
    const { prompts, lost } = await submitBatch(RANGE, set.run, 'run-b/0-2/0', unwatched);
    assert.deepEqual([prompts, lost], [6, 0]);
  });

  it('lowers the token limit to what has room where the context is too short, under the original key', async (test) => {
    // A prompt has 540 tokens: 60 are left, as the refusal says, and 100 are too many.
    const set = disposedAfter(test, await setUp({ contextTokens: 600 }, { maxTokens: 100 }));
    const missing: number[] = [];
    for (const asking of [0, 1]) {
      const paidBy = `run-a/0-2/${asking}`;
      const { batch } = await submitBatch({ ...RANGE, asking }, set.run, paidBy, unwatched);
      const collected = await collectBatch({ ...RANGE, asking, batch }, set.run, paidBy, unwatched);
      missing.push(collected.missing);
    }
    assert.deepEqual(missing, [6, 0]);
    for (const { key } of placesOf(RANGE, set.run)) {
      const entry = await set.run.ledger.read(key);
      assert.deepEqual([entry?.maxTokens, entry?.request.maxTokens], [60, 100]);
    }
  });

  it('ends with the reason where a failure is not mended by asking again', async (test) => {
    const set = disposedAfter(test, await setUp({ contextTokens: 40 }, { maxTokens: 16 }));
    const { batch } = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    await assert.rejects(set.collect(batch, 'run-a/0-2/0'), { code: 'ContextLength' });
  });

  it('says what to set where most of a job’s answers have no text, once: they are kept', async (test) => {
    const set = disposedAfter(test, await setUp());
    const { batch } = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    const empty: GenerationRun = {
      ...set.run,
      batchEndpoint() {
        const endpoint = set.run.batchEndpoint();
        return {
          ...endpoint,
          async *lines(...file) {
            let line = 0;
            for await (const answered of endpoint.lines(...file)) {
              line += 1;
              yield line === 6 ? answered : withoutText(answered);
            }
          },
        };
      },
    };
    const collect = () => collectBatch({ ...RANGE, batch }, empty, 'run-a/0-2/0', unwatched);
    await assert.rejects(collect(), {
      code: 'EmptyAnswers',
      message: /gave 5 of 6 answers without a text: all 64 tokens of each were spent/,
      retryAfterMs: 1_800_000,
    });
    const collected = await collect();
    assert.deepEqual([collected.missing, collected.sent], [0, 6]);
  });

  it('cancels a job by its name where its id was never known', async (test) => {
    const set = disposedAfter(test, await setUp({ batch: { seconds: 60 } }));
    const { batch } = await submitBatch(RANGE, set.run, 'run-a/0-2/0', unwatched);
    await pollBatch(batch ?? '', set.run);
    await cancelBatch(null, set.run, 'run-a/0-2/0');
    const { status, ended } = await pollBatch(batch ?? '', set.run);
    assert.deepEqual([status, ended], ['cancelled', true]);
  });

  it('says what is wrong where the endpoint has no Batch API', async (test) => {
    const set = disposedAfter(test, await setUp());
    const baseUrl = `${set.run.profile.baseUrl}/nowhere`;
    const jobs = createBatchEndpoint(
      { ...set.run.profile, baseUrl },
      connect({ ...set.run.profile, baseUrl }, {}),
    );
    await assert.rejects(jobs.look('batch_unknown'), {
      code: 'Configuration',
      message: /name the profile "openai", which asks each request by itself/,
    });
  });
});

describe('a job', () => {
  it('has a name of its run, requests and asking that fits the provider’s metadata', () => {
    const metadata = jobMetadata('default', `${'w'.repeat(600)}/run/0-9/0`);
    assert.match(metadata.alpaca_job, /^alpaca-[0-9a-f]{32}$/);
    assert.equal(metadata.paid_by.length, 512);
    assert.notEqual(
      jobMetadata('default', 'run/0-9/0').alpaca_job,
      jobMetadata('default', 'run/0-9/1').alpaca_job,
    );
    assert.notEqual(
      jobMetadata('default', 'run/0-9/0').alpaca_job,
      jobMetadata('other', 'run/0-9/0').alpaca_job,
    );
  });

  it('is never larger than the provider takes: 50,000 lines, 200 MB', async (test) => {
    const set = disposedAfter(test, await setUp());
    const profile = { ...set.run.profile, batch: { ...BATCH, requestsPerJob: 50_000 } };
    const long = (bytes: number) => ({ longest: () => 'x'.repeat(bytes) });
    assert.equal(batchPlan(profile, long(100), 5)?.requestsPerJob, 10_000);
    assert.equal(batchPlan(profile, long(8998), 5)?.requestsPerJob, 4000);
    assert.equal(batchPlan({ ...profile, batch: null }, long(100), 5), null);
  });
});

const BATCH = { completionWindow: '24h', requestsPerJob: 10, pollSeconds: 0.05, priceFactor: 0.5 };

/** A line of a job's results whose answer is empty. */
function withoutText(line: unknown): unknown {
  return JSON.parse(JSON.stringify(line, (name, value: unknown) => (name === 'content' ? '' : value)));
}

/** A run against an offline teacher whose jobs are done at the first look. */
async function setUp(options: Parameters<typeof startOfflineTeacher>[0] = {}, settings = {}) {
  const temporary = await temporaryStore();
  const log = `${temporary.folder}/requests.jsonl`;
  const teacher = await startOfflineTeacher({ faults: NO_FAULTS, batch: { seconds: 0 }, log, ...options });
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
  const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
  const run: GenerationRun = await openSmallRun(
    temporary.store,
    { ...known.get('offline'), price, batch: BATCH },
    settings,
  );
  return {
    run,
    collect: (batch: string | null, paidBy: string) =>
      collectBatch({ ...RANGE, batch }, run, paidBy, unwatched),
    jobs: async () => (await readLog(log)).filter(({ path }) => path === '/v1/batches'),
    /** what an attempt leaves that dies in declaring */
    declare: (key: string, paidBy: string, time: Date) =>
      run.ledger.declareIntent(key, 0, {
        ...{ profile: 'offline', worstCaseUsd: 0.1, paidBy, time: time.toISOString() },
        batch: { job: jobMetadata(run.ledger.name, paidBy).alpaca_job, maxTokens: run.settings.maxTokens },
      }),
    async [Symbol.asyncDispose]() {
      await teacher.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
