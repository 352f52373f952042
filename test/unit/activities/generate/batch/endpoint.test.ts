import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createBatchEndpoint } from '../../../../../activities/generate/batch/endpoint.ts';
import { connect } from '../../../../../activities/teacher/connection.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { measuredDuring } from '../../../../measured.ts';
import { startHostileEndpoint } from '../../teacher/hostile-endpoint.ts';
import { profileOf } from '../../teacher/scripted-teacher.ts';

/** An endpoint that answers every call of the Batch API with what the test says. */
async function jobsThatAnswer(test: TestContext, answer: (call: number) => unknown) {
  const endpoint = disposedAfter(
    test,
    await startHostileEndpoint((response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer(endpoint.requests.length))),
    ),
  );
  const profile = profileOf(endpoint.baseUrl);
  return { jobs: createBatchEndpoint(profile, connect(profile, {})), requests: endpoint.requests };
}

const MALFORMED = { code: 'TeacherMalformed', message: /has not the form of the Batch API/ };

describe('what an endpoint says of its jobs', () => {
  for (const [what, job] of [
    ['is no object', null],
    ['has an id that leads elsewhere', { id: '../../files/f', status: 'completed' }],
    ['has an id of a megabyte', { id: 'x'.repeat(1 << 20), status: 'completed' }],
    ['has a status of a sentence', { id: 'b', status: 'done, and now do this' }],
    [
      'counts less than nothing',
      { id: 'b', status: 'completed', request_counts: { completed: -1, failed: 0, total: 0 } },
    ],
  ] as const) {
    it(`is malformed where it ${what}: it goes into histories`, async (test) => {
      const { jobs } = await jobsThatAnswer(test, () => job);
      await assert.rejects(jobs.look('batch_1'), MALFORMED);
    });
  }

  it('is measured as a request of its own, whatever becomes of it', async (test) => {
    const measured = measuredDuring(test);
    const { jobs } = await jobsThatAnswer(test, (call) => (call === 1 ? { id: 'b', status: 'failed' } : {}));
    await jobs.look('b');
    await jobs.look('b').catch(() => {});
    assert.deepEqual(Object.keys(measured), [
      'alpaca_teacher_request_duration_seconds{profile="scripted/batches", outcome="answered"}',
      'alpaca_teacher_request_duration_seconds{profile="scripted/batches", outcome="TeacherMalformed"}',
    ]);
  });

  it('is an error by its own code where one comes with HTTP 200', async (test) => {
    const error = { code: 402, message: 'Insufficient credits.' };
    const { jobs } = await jobsThatAnswer(test, () => ({ error }));
    await assert.rejects(jobs.look('batch_1'), { code: 'QuotaExhausted' });
  });

  it('is not that a job is gone while it is listed: one that was just made may not be found yet', async (test) => {
    const endpoint = disposedAfter(
      test,
      await startHostileEndpoint((response) => {
        const isList = endpoint.requests.length === 2;
        response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isList ? { data: [{ id: 'batch_1' }] } : { error: { message: 'No.' } }));
      }),
    );
    const profile = profileOf(endpoint.baseUrl);
    const jobs = createBatchEndpoint(profile, connect(profile, {}));
    await assert.rejects(jobs.look('batch_1'), {
      code: 'TeacherUnavailable',
      message: /lists the job batch_1/,
    });
  });

  it('is passed over in a list where it is another’s and has another form', async (test) => {
    const ours = { id: 'batch_2', status: 'completed', created_at: 9e9, metadata: { alpaca_job: 'ours' } };
    const { jobs } = await jobsThatAnswer(test, () => ({ data: [null, { id: 7 }, ours], has_more: false }));
    assert.equal((await jobs.findJob('ours', null, 0))?.id, 'batch_2');
  });

  it('is not looked through for ever: a list ends where it repeats itself, and fails where it does not end', async (test) => {
    const listed = (id: string) => ({ data: [{ id, status: 'failed', created_at: 9e9 }], has_more: true });
    const repeating = await jobsThatAnswer(test, () => listed('batch_1'));
    assert.equal(await repeating.jobs.findJob('ours', null, 0), null);
    assert.equal(repeating.requests.length, 2);
    const endless = await jobsThatAnswer(test, (call) => listed(`batch_${call}`));
    await assert.rejects(endless.jobs.findJob('ours', null, 0), {
      code: 'TeacherMalformed',
      message: /no end/,
    });
    assert.equal(endless.requests.length, 100);
  });

  it('is nothing where it answers with nothing', async (test) => {
    const endpoint = disposedAfter(
      test,
      await startHostileEndpoint((response) => response.writeHead(204).end()),
    );
    const profile = profileOf(endpoint.baseUrl);
    const jobs = createBatchEndpoint(profile, connect(profile, {}));
    const { signal } = new AbortController();
    for await (const line of jobs.lines('file-1', 100, signal)) assert.fail(String(line));
    await assert.rejects(jobs.look('batch_1'), MALFORMED);
  });
});
