import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { asked, chat, prompt, readLog, withLog, withTeacher } from './with-teacher.ts';

const line = (customId: string, body: object = chat(prompt), url = '/v1/chat/completions') =>
  JSON.stringify({ custom_id: customId, method: 'POST', url, body });

const upload = async (client: OpenAI, lines: readonly string[]) =>
  client.files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'job.jsonl'), purpose: 'batch' });

const create = async (client: OpenAI, lines: readonly string[], metadata: Record<string, string> = {}) =>
  client.batches.create({
    input_file_id: (await upload(client, lines)).id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata,
  });

const resultsOf = async (client: OpenAI, file: string | undefined) =>
  (await (await client.files.content(file ?? '')).text())
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));

describe('the offline teacher’s Batch API', () => {
  it('answers each line as a request of its own would be answered', () =>
    withLog(async (log) => {
      let direct: unknown;
      await withTeacher({}, async (client) => {
        direct = (await client.chat.completions.create(chat(prompt))).choices;
      });
      await withTeacher({ log, batch: { seconds: 0 } }, async (client) => {
        const job = await create(client, [line('a'), line('b', { ...chat(prompt), max_tokens: 20 })]);
        assert.equal(job.status, 'validating');
        const ended = await client.batches.retrieve(job.id);
        assert.deepEqual([ended.status, ended.error_file_id], ['completed', null]);
        assert.deepEqual(ended.request_counts, { total: 2, completed: 2, failed: 0 });
        const results = await resultsOf(client, ended.output_file_id);
        assert.deepEqual(
          results.map(({ custom_id, response, error }) => [custom_id, response.status_code, error]),
          [
            ['a', 200, null],
            ['b', 200, null],
          ],
        );
        assert.deepEqual(results[0].response.body.choices, direct);
        assert.equal(results[1].response.body.usage.completion_tokens, 20);
      });
      const lines = await readLog(log);
      assert.deepEqual(
        lines.map(({ path, batch }) => [path, batch]),
        [
          ['/v1/batches', 'batch_000001'],
          ['/v1/chat/completions', 'batch_000001'],
          ['/v1/chat/completions', 'batch_000001'],
        ],
      );
    }));

  it('answers a job’s lines as time goes by, and keeps what was answered when it is cancelled', () =>
    withTeacher({ batch: { seconds: 60 } }, async (client) => {
      const whole = await create(client, [line('a')]);
      assert.equal((await client.batches.retrieve(whole.id)).status, 'in_progress');
      const lines = Array.from({ length: 600 }, (_, index) =>
        line(`line-${index}`, { ...chat('Say yes.'), max_tokens: 1 }),
      );
      const job = await create(client, lines);
      await sleep(300);
      assert.equal((await client.batches.cancel(job.id)).status, 'cancelling');
      const ended = await client.batches.retrieve(job.id);
      assert.equal(ended.status, 'cancelled');
      const answered = ended.request_counts?.completed ?? 0;
      assert.ok(answered > 0 && answered < 600, `${answered} answered`);
      const errors = await resultsOf(client, ended.error_file_id);
      assert.equal(errors.length, 600 - answered);
      assert.equal(errors[0].error.code, 'batch_cancelled');
    }));

  it('expires after a share of the lines, and fails a share', () =>
    withTeacher({ batch: { seconds: 0, expireAfter: 0.5, failedLines: 1 } }, async (client) => {
      const job = await create(
        client,
        ['a', 'b', 'c'].map((id) => line(id)),
      );
      const ended = await client.batches.retrieve(job.id);
      assert.deepEqual([ended.status, ended.output_file_id], ['expired', null]);
      const errors = await resultsOf(client, ended.error_file_id);
      assert.deepEqual(
        errors.map(({ custom_id, response, error }) => [custom_id, response?.status_code, error?.code]),
        [
          ['a', 500, undefined],
          ['b', 500, undefined],
          ['c', undefined, 'batch_expired'],
        ],
      );
    }));

  it('answers a line that is no good with its error, and goes on', () =>
    withTeacher({ batch: { seconds: 0 }, contextTokens: 100 }, async (client) => {
      const job = await create(client, [line('long'), line('wrong', { model: 'offline-composer' })]);
      const { error_file_id } = await client.batches.retrieve(job.id);
      const errors = await resultsOf(client, error_file_id);
      assert.equal(errors[0].response.body.error.code, 'context_length_exceeded');
      assert.equal(errors[1].response.status_code, 400);
    }));

  it('fails a job whose file it cannot take, line by line', () =>
    withTeacher({ batch: { seconds: 0 } }, async (client) => {
      const job = await create(client, [line('a'), line('a'), '{', line('b', asked, '/v1/completions')]);
      const { status, errors } = await client.batches.retrieve(job.id);
      assert.equal(status, 'failed');
      assert.deepEqual(
        errors?.data?.map(({ code, line: number }) => [code, number]),
        [
          ['duplicate_custom_id', 2],
          ['invalid_json_line', 3],
          ['mismatched_url', 4],
        ],
      );
    }));

  it('lists jobs and files by the page, the newest first', () =>
    withTeacher({ batch: { rejectedJobs: 1 } }, async (client) => {
      for (const run of ['a', 'b', 'c']) await create(client, [line('x')], { run });
      const runs: unknown[] = [];
      for await (const { metadata, status } of client.batches.list({ limit: 2 }))
        runs.push([metadata?.run, status]);
      assert.deepEqual(runs, [
        ['c', 'in_progress'],
        ['b', 'in_progress'],
        ['a', 'failed'],
      ]);
      const names: string[] = [];
      for await (const { id } of client.files.list({ purpose: 'batch', limit: 2 })) names.push(id);
      assert.deepEqual(names, ['file-000003', 'file-000002', 'file-000001']);
    }));

  it('asks for the key', () =>
    withTeacher({ apiKey: 'right' }, async (_, { url }) => {
      const client = new OpenAI({ baseURL: url, apiKey: 'wrong', maxRetries: 0 });
      await assert.rejects(upload(client, [line('a')]), { status: 401 });
      await assert.rejects(client.batches.retrieve('batch_000001'), { status: 401 });
    }));
});
