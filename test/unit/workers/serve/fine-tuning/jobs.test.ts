import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { AlpacaError } from '../../../../../activities/errors.ts';
import type { ModelServer } from '../../../../../workers/serve/server.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { type TemporaryStore, temporaryStore } from '../../../activities/generate/generation-fixture.ts';
import { asked, jobServer, refusal, started } from './scripted-jobs.ts';

/** OpenAI's own client against files and jobs whose runs are written down: what reaches the runs, and what it is told. */

let temporary: TemporaryStore;
let server: ModelServer;
let openai: OpenAI;
let file: OpenAI.FileObject;
before(async () => {
  temporary = await temporaryStore();
  server = await jobServer(temporary.store);
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  file = await upload(40);
});
beforeEach(() => {
  asked.length = 0;
});
after(async () => {
  await server.close();
  await temporary[Symbol.asyncDispose]();
});

async function upload(rows: number, more: object = {}) {
  const row = JSON.stringify({ instruction: 'Say yes.', input: '', output: 'Yes.' });
  const text = Array.from({ length: rows }, () => row).join('\n');
  return openai.files.create({
    ...{ file: await toFile(Buffer.from(text), `${rows} rows.jsonl`), purpose: 'fine-tune' as const },
    ...more,
  });
}

const create = (change: Partial<OpenAI.FineTuning.JobCreateParams> = {}, key?: string) =>
  openai.fineTuning.jobs.create(
    { model: 'builtin', training_file: file.id, ...change },
    key === undefined ? {} : { headers: { 'idempotency-key': key } },
  );

const inputOf = () => alpacaInput.parse(asked.at(-1)?.input);

describe('files', () => {
  it('are listed in pages, in the order that is asked for, until their time is over', async () => {
    const others = [await upload(1), await upload(2)];
    const expiring = await upload(3, { expires_after: { anchor: 'created_at', seconds: 3600 } });
    assert.equal(expiring.expires_at, expiring.created_at + 3600);
    const found: string[] = [];
    for await (const { id } of openai.files.list({ limit: 1, order: 'asc' })) found.push(id);
    assert.deepEqual(found.length, 4);
    assert.deepEqual(new Set(found), new Set([file.id, ...others.map(({ id }) => id), expiring.id]));
    assert.deepEqual((await openai.files.list({ purpose: 'batch' })).data, []);
    const path = `openai/files/${expiring.id}.json`;
    const record = JSON.parse(String(await temporary.store.readEntry(path)));
    await temporary.store.writeEntry(path, JSON.stringify({ ...record, expiresAt: record.createdAt }));
    assert.equal((await openai.files.list()).data.length, 3);
    await assert.rejects(openai.files.retrieve(expiring.id), { status: 404 });
  });

  it('come back byte for byte', async () => {
    const answer = await openai.files.content(file.id);
    assert.equal(Buffer.byteLength(await answer.text()), file.bytes);
    assert.deepEqual([file.filename, file.purpose, file.status], ['40 rows.jsonl', 'fine-tune', 'processed']);
  });
});

describe('a job', () => {
  it('is a run of alpaca from the rows of a file, of which none is dropped', async () => {
    const job = await create();
    assert.match(job.id, /^ftjob-[0-9a-f]{32}$/);
    assert.deepEqual(
      [job.status, job.fine_tuned_model, job.seed, job.hyperparameters],
      ['validating_files', null, 42, { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 1 }],
    );
    assert.deepEqual(
      asked.map(({ what, id, by }) => [what, id, by]),
      [['start', job.id, 'somebody on this machine']],
    );
    const { runSeed, generate, dedupe, filter, tokenize, train, budgetUsd } = inputOf();
    assert.deepEqual([runSeed, dedupe.threshold, filter, budgetUsd], [42, 1, null, null]);
    assert.equal(typeof generate.from === 'object' && generate.from?.rows, 40);
    assert.deepEqual(
      [tokenize.model, tokenize.format, tokenize.maxLength, tokenize.heldOut, tokenize.heldOutData],
      ['builtin', 'alpaca', 512, 0.1, null],
    );
    assert.deepEqual(
      [train.method, train.epochs, train.globalBatch, train.microBatch, train.learningRate],
      ['full', 3, 8, 8, null],
    );
    // 36 of the 40 rows are learnt: five steps an epoch, after each of which held-out loss is measured.
    assert.deepEqual([train.shardsPerEpoch, train.evaluateEverySteps, train.keepCheckpoints], [1, 5, 3]);
  });

  it('has the hyperparameters that are asked for, and a file to measure on', async () => {
    const validation = await upload(2);
    const job = await create({
      ...{ model: 'chatty', seed: 7, suffix: 'My model!', validation_file: validation.id },
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 2, batch_size: 3, learning_rate_multiplier: 0.5 } },
      },
    });
    const { runSeed, tokenize, train } = inputOf();
    assert.deepEqual([runSeed, tokenize.model, tokenize.format], [7, 'chatty', 'chat']);
    assert.equal(typeof tokenize.heldOutData === 'object' && tokenize.heldOutData?.rows, 2);
    // Beside pretrained weights an adapter is trained, at half of its usual 3e-4.
    assert.deepEqual(
      [train.method, train.epochs, train.globalBatch, train.microBatch, train.learningRate],
      ['lora', 2, 3, 3, 1.5e-4],
    );
    assert.equal(train.evaluateEverySteps, 14);
    started.set(job.id, { ...at(job.id), status: 'COMPLETED', closedAt: '2026-11-29T12:00:00.000Z' });
    const done = await openai.fineTuning.jobs.retrieve(job.id);
    assert.deepEqual(
      [done.status, done.finished_at],
      ['succeeded', Date.parse('2026-11-29T12:00:00Z') / 1000],
    );
    const [results = ''] = done.result_files;
    assert.equal((await openai.files.retrieve(results)).purpose, 'fine-tune-results');
    assert.equal(await (await openai.files.content(results)).text(), 'step,train_loss,valid_loss\n');
    assert.equal(done.fine_tuned_model, `ft:chatty:alpaca:My-model-:${job.id.slice(6)}`);
  });

  it('is started once by one key, and another request by that key is refused', async () => {
    const all = await Promise.all([create({}, 'night-1'), create({}, 'night-1'), create({}, 'night-1')]);
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
    assert.equal(new Set(all.map(({ created_at }) => created_at)).size, 1);
    await assert.rejects(create({ suffix: 'other' }, 'night-1'), { status: 400 });
    assert.notEqual((await create({}, 'night-2')).id, all[0]?.id);
  });

  it('has one answer by its key, when its file and its base are gone too', async () => {
    const gone = await upload(20);
    const first = await create({ training_file: gone.id }, 'night-4');
    await openai.files.delete(gone.id);
    assert.deepEqual(await create({ training_file: gone.id }, 'night-4'), first);
    await assert.rejects(create({ training_file: gone.id, seed: 1 }, 'night-4'), {
      message: /The key was used before, with another input/,
    });
    await assert.rejects(create({ training_file: gone.id }, 'night-5'), { status: 400 });
  });

  it('leaves no record where its run is not started, but where the server may start it yet', async () => {
    const records = async () => (await temporary.store.listEntries('openai/jobs')).length;
    const before = await records();
    refusal.next = new AlpacaError('InvalidInput', 'The run is refused.');
    await assert.rejects(create({}, 'night-6'), { status: 400 });
    assert.equal(await records(), before);
    refusal.next = Object.assign(new Error('4 DEADLINE_EXCEEDED'), { code: 4, details: '', metadata: {} });
    await assert.rejects(create({}, 'night-6'), { status: 503 });
    assert.equal(await records(), before + 1);
    assert.equal((await create({}, 'night-6')).status, 'validating_files');
    assert.equal(await records(), before + 1);
  });

  it('is paused, goes on, and is cancelled once', async () => {
    const { id } = await create();
    const { jobs } = openai.fineTuning;
    assert.equal((await jobs.pause(id)).status, 'queued');
    assert.equal((await jobs.resume(id)).status, 'validating_files');
    assert.equal((await jobs.cancel(id)).status, 'cancelled');
    assert.deepEqual(
      asked.slice(1).map(({ what }) => what),
      ['pause', 'resume', 'cancel'],
    );
    // Clients of OpenAI send again what gets a 409.
    await assert.rejects(jobs.cancel(id), { status: 400, message: `400 ${id} has ended: CANCELLED.` });
  });

  it('says why it failed', async () => {
    const { id } = await create();
    const closedAt = '2126-11-29T12:00:00.000Z';
    started.set(id, {
      ...at(id),
      status: 'FAILED',
      closedAt,
      failure: 'The file /srv/store/rows.jsonl has no rows.',
    });
    const failed = await openai.fineTuning.jobs.retrieve(id);
    assert.deepEqual(
      [failed.status, failed.error],
      [
        'failed',
        {
          ...{ code: 'job_failed', message: 'The file …/rows.jsonl has no rows.', param: null },
        },
      ],
    );
    const { data } = await openai.fineTuning.jobs.listEvents(id);
    assert.deepEqual(data[0] && [data[0].level, data[0].message], [
      'error',
      'The file …/rows.jsonl has no rows.',
    ]);
  });

  it('is listed in pages, and found by its metadata', async () => {
    const own = await create({ metadata: { team: 'a', night: '1' } });
    const other = await create({ metadata: { team: 'b' } });
    const listed: string[] = [];
    for await (const { id } of openai.fineTuning.jobs.list({ limit: 2 })) listed.push(id);
    assert.equal(listed.length, started.size);
    assert.deepEqual(listed.slice(0, 2), [other.id, own.id]);
    const found = await openai.fineTuning.jobs.list({ metadata: { team: 'a' } });
    assert.deepEqual(
      found.data.map(({ id, metadata }) => [id, metadata]),
      [[own.id, { team: 'a', night: '1' }]],
    );
    const without = await openai.get('/fine_tuning/jobs?metadata=null&limit=1');
    assert.equal((without as { data: OpenAI.FineTuning.FineTuningJob[] }).data[0]?.metadata, null);
  });
});

function at(id: string) {
  const run = started.get(id);
  assert.ok(run);
  return run;
}
