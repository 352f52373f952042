import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { collectBatch } from '../../../../../activities/generate/batch/collect.ts';
import { placesOf } from '../../../../../activities/generate/batch/places.ts';
import { submitBatch } from '../../../../../activities/generate/batch/submit.ts';
import { cancelBatch, pollBatch } from '../../../../../activities/generate/batch/watch.ts';
import { generateToFile } from '../../../../../activities/generate/generate-to-file.ts';
import type { GenerationRun } from '../../../../../activities/generate/generation-run.ts';
import { loadProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { generateInput } from '../../../../../workflows/contracts/generate.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { openSmallRun } from '../generation-fixture.ts';
import { startForgetfulEndpoint } from './forgetful-endpoint.ts';
import { BATCH, startJobTeacher } from './job-teacher.ts';

const RANGE = { firstRequest: 0, requests: 3, asking: 0 };
const WITHOUT_METADATA = ['metadata'];
const WITHOUT_ANY = ['metadata', 'input_file_id'];

describe('a job whose metadata the provider does not give back', () => {
  it('is booked by its id, to the last answer', async (test) => {
    const set = await setUp(test, WITHOUT_METADATA);
    const result = await generateToFile(
      generateInput.parse({ target: 60, promptsPerRequest: 2, budgetUsd: 10 }),
      set.sources,
      unwatched,
    );
    const paid = await set.paid();
    const usd = paid.reduce((sum, line) => sum + line.promptTokens + line.completionTokens * 2, 0) / 1e6;
    assert.ok(usd > 0.01);
    assert.deepEqual([result.sent, result.costUsd.toFixed(9)], [paid.length, (usd / 2).toFixed(9)]);
  });

  it('is found again by its id, by a later attempt and by another run, which pays nothing for it', async (test) => {
    const { run, created } = await setUp(test, WITHOUT_METADATA);
    const first = await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual(await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched), first);
    const wider = { ...RANGE, requests: 4 };
    const theirs = await submitBatch(wider, run, 'run-b/0-3/0', unwatched);
    assert.deepEqual([theirs.batch, theirs.worstCaseUsd], [first.batch, 0]);
    const { missing, sent } = await collectBatch(
      { ...wider, batch: first.batch },
      run,
      'run-b/0-3/0',
      unwatched,
    );
    assert.deepEqual([missing, sent], [2, 0]);
    const ours = await collectBatch({ ...RANGE, batch: first.batch }, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([ours.missing, ours.sent, ours.costUsd > 0], [0, 6, true]);
    assert.equal(await created(), 1);
  });

  it('is found again by its file where its creation was not seen, and cancelled', async (test) => {
    const { run, endpoint, created } = await setUp(test, WITHOUT_METADATA, { seconds: 60 });
    endpoint.cutNextCreation();
    await assert.rejects(submitBatch(RANGE, run, 'run-a/0-2/0', unwatched), { code: 'TeacherUnavailable' });
    await cancelBatch(null, run, 'run-a/0-2/0');
    const { batch, prompts } = await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([prompts, await created()], [6, 1]);
    assert.equal((await pollBatch(batch ?? '', run)).status, 'cancelled');
  });

  it('is not made twice where nothing tells whether it was created: that is said, and what to do', async (test) => {
    const { run, endpoint, created } = await setUp(test, WITHOUT_ANY);
    endpoint.cutNextCreation();
    await assert.rejects(submitBatch(RANGE, run, 'run-a/0-2/0', unwatched), { code: 'TeacherUnavailable' });
    const refused = { code: 'Configuration', message: /^Whether the teacher "offline" has the job alpaca-/ };
    await assert.rejects(submitBatch(RANGE, run, 'run-a/0-2/0', unwatched), refused);
    await assert.rejects(submitBatch(RANGE, run, 'run-b/0-2/0', unwatched), refused);
    assert.equal(await created(), 1);
  });

  for (const forgets of [['created_at'], ['created_at', 'metadata'], ['status']])
    it(`is not made twice where the list of jobs lacks ${forgets.join(' and ')}`, async (test) => {
      const { run, endpoint, created } = await setUp(test, forgets, { seconds: 0 }, true);
      endpoint.cutNextCreation();
      await assert.rejects(submitBatch(RANGE, run, 'run-a/0-2/0', unwatched), { code: 'TeacherUnavailable' });
      assert.equal((await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched)).prompts, 6);
      assert.equal(await created(), 1);
    });

  it('is paid for by who made it where the ledger has lost its intents', async (test) => {
    const { run, store } = await setUp(test, WITHOUT_METADATA);
    const { batch } = await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched);
    for (const { key } of placesOf(RANGE, run))
      await store.removeEntries(`ledger/test/${key.slice(0, 2)}/${key}.intent.0.json`);
    const { sent, costUsd } = await collectBatch({ ...RANGE, batch }, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([sent, costUsd > 0], [6, true]);
  });
});

describe('a job that the provider has no more', () => {
  it('is lost: its prompts are booked at their worst and asked anew, by this run and by another', async (test) => {
    const { run, endpoint, created } = await setUp(test, []);
    const { batch, worstCaseUsd } = await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched);
    endpoint.loseJobs();
    const theirs = await submitBatch(RANGE, run, 'run-b/0-2/0', unwatched);
    assert.deepEqual([theirs.batch, theirs.worstCaseUsd], [batch, 0]);
    const again = await submitBatch(RANGE, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([again.batch, again.prompts], [batch, 6]);
    const { status, ended } = await pollBatch(batch ?? '', run);
    assert.deepEqual([status, ended], ['gone', true]);
    const lost = await collectBatch({ ...RANGE, batch }, run, 'run-a/0-2/0', unwatched);
    assert.deepEqual([lost.missing, lost.lost, lost.lostUsd.toFixed(9)], [6, 6, worstCaseUsd.toFixed(9)]);
    assert.match(lost.reason ?? '', /has the job batch_\w+ no more, nor what it answered/);
    await cancelBatch(batch, run, 'run-a/0-2/0');

    const next = { ...RANGE, asking: 1 };
    const anew = await submitBatch(next, run, 'run-a/0-2/1', unwatched);
    const answered = await collectBatch({ ...next, batch: anew.batch }, run, 'run-a/0-2/1', unwatched);
    assert.deepEqual([answered.missing, answered.sent, answered.lost], [0, 6, 0]);
    assert.equal(await created(), 2);
  });
});

describe('a run by the job that was reset, and makes jobs of another size', () => {
  it('books what it paid before, once, and pays nothing twice', async (test) => {
    const { run, paid, created } = await setUp(test, []);
    const asked = async (firstRequest: number, requests: number, asking: number) => {
      const range = { firstRequest, requests, asking };
      const payer = `run/${firstRequest}-${firstRequest + requests - 1}/${asking}`;
      const submitted = await submitBatch(range, run, payer, unwatched);
      const collect = () => collectBatch({ ...range, batch: submitted.batch }, run, payer, unwatched);
      return { submitted, collect };
    };
    const before = await (await asked(0, 3, 0)).collect();
    const left = await asked(3, 3, 0);

    const first = await asked(0, 4, 0);
    assert.equal(first.submitted.batch, left.submitted.batch);
    const { worstCaseUsd } = first.submitted;
    assert.ok(worstCaseUsd > 0 && worstCaseUsd < left.submitted.worstCaseUsd / 2);
    const again = await first.collect();
    const rest = await (await asked(4, 4, 0)).collect();
    const last = await (await asked(4, 4, 1)).collect();
    assert.deepEqual([before.sent, again.sent, rest.sent, last.sent], [6, 8, 4, 4]);
    assert.deepEqual([again.missing, rest.missing, last.missing], [0, 4, 0]);
    const usd = (await paid()).reduce((sum, line) => sum + line.promptTokens + line.completionTokens * 2, 0);
    const booked = again.costUsd + rest.costUsd + last.costUsd;
    assert.deepEqual([(await paid()).length, booked.toFixed(9)], [16, (usd / 2e6).toFixed(9)]);
    assert.equal(await created(), 3);
  });
});

describe('a run by the job that was reset, and makes jobs of the same size', () => {
  it('books what each asking of a range had paid', async (test) => {
    const { run } = await setUp(test, []);
    const asked = async (asking: number, from: GenerationRun) => {
      const [range, payer] = [{ ...RANGE, asking }, `run/0-2/${asking}`];
      const { batch } = await submitBatch(range, from, payer, unwatched);
      return collectBatch({ ...range, batch }, from, payer, unwatched);
    };
    const half: GenerationRun = {
      ...run,
      batchEndpoint() {
        const endpoint = run.batchEndpoint();
        return {
          ...endpoint,
          async *lines(...file) {
            let line = 0;
            for await (const answered of endpoint.lines(...file)) {
              line += 1;
              yield line > 3 ? { ...Object(answered), response: null } : answered;
            }
          },
        };
      },
    };
    const [first, second] = [await asked(0, half), await asked(1, run)];
    assert.deepEqual([first.sent, second.sent], [3, 3]);
    const again = await asked(0, run);
    assert.equal(again.sent, 6);
    assert.equal(again.costUsd.toFixed(9), (first.costUsd + second.costUsd).toFixed(9));
  });
});

/** A run at an endpoint that forgets, before an offline teacher whose jobs are done at the first look. */
async function setUp(
  test: TestContext,
  forgets: readonly string[],
  batch: { seconds: number } = { seconds: 0 },
  inListsAlone = false,
) {
  const { store, url, logged, answered } = await startJobTeacher(test, batch);
  const endpoint = disposedAfter(test, await startForgetfulEndpoint(url, forgets, inListsAlone));
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: endpoint.url });
  const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
  const profile = { ...known.get('offline'), price, batch: BATCH };
  return {
    ...{ store, endpoint },
    run: await openSmallRun(store, profile),
    sources: { store, profiles: { ...known, get: () => profile }, env: {} },
    /** jobs that were created */
    created: async () => (await logged()).filter(({ path }) => path === '/v1/batches').length,
    paid: answered,
  };
}
