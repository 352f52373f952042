import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import OpenAI, { APIError, toFile } from 'openai';
import { addFile } from '../../../../../workers/serve/files/uploaded-files.ts';
import type { ModelServer } from '../../../../../workers/serve/server.ts';
import { type TemporaryStore, temporaryStore } from '../../../activities/generate/generation-fixture.ts';
import { asked, jobServer } from './scripted-jobs.ts';

/** What of OpenAI's fine-tuning API is refused, and how: each error names the field. Nothing is started, nothing kept. */

const ROW = {
  messages: [
    { role: 'user', content: 'Say yes.' },
    { role: 'assistant', content: 'Yes.' },
  ],
};
const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const rowsOf = (count: number) => Array.from({ length: count }, () => ROW);

let temporary: TemporaryStore;
let server: ModelServer;
let openai: OpenAI;
before(async () => {
  temporary = await temporaryStore();
  server = await jobServer(temporary.store);
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(async () => {
  await server.close();
  await temporary[Symbol.asyncDispose]();
});

const upload = async (text: string, purpose: 'fine-tune' | 'batch' = 'fine-tune') =>
  openai.files.create({ file: await toFile(Buffer.from(text), 'mydata.jsonl'), purpose });

async function refusal(call: Promise<unknown>): Promise<[unknown, unknown, unknown, string]> {
  const error = await call.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof APIError, String(error));
  return [error.status, error.code, error.param, error.message.replace(/^\d+ /, '')];
}

const FIELD = '--x\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n';

describe('a file', () => {
  const BAD: [what: string, row: unknown, why: string][] = [
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'x' }] },
      'messages.0.role is "robot": "robot" is no role that is learnt: expected system, user or assistant',
    ],
    [
      'no answer',
      { messages: [{ role: 'user', content: 'x' }] },
      'messages is [{"role":"user","content":"x"}]: a conversation with no target: no assistant message is in it',
    ],
    ['a recipe row without its output', { instruction: 'Say yes.' }, 'output is missing: expected a text'],
    ['something else', { prompt: 'x', completion: 'y' }, 'instruction is missing: expected a text'],
  ];
  for (const [what, row, why] of BAD)
    it(`with ${what} is refused by its line`, async () => {
      const [status, code, param, message] = await refusal(upload(lines([ROW, row, ROW])));
      assert.deepEqual([status, code, param], [400, 'invalid_file_format', 'file']);
      assert.equal(message.split('. ')[0]?.replace(/\.$/, ''), `mydata.jsonl, line 2: ${why}`);
    });

  it('with one bad line of 50,000 is refused by that line', async () => {
    const rows = rowsOf(50_000).map((row) => JSON.stringify(row));
    rows[31_336] = '{"messages": [';
    const [status, , , message] = await refusal(upload(rows.join('\n')));
    assert.equal(status, 400);
    assert.match(message, /^mydata\.jsonl, line 31337: no valid JSON/);
  });

  it('of a batch is looked at in the same way', async () => {
    const good = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { model: 'builtin' } };
    assert.equal((await upload(lines([good]), 'batch')).purpose, 'batch');
    const [, , , message] = await refusal(upload(lines([good, { ...good, url: '/v1/embeddings' }]), 'batch'));
    assert.match(
      message,
      /^mydata\.jsonl, line 2: url is "\/v1\/embeddings": expected "\/v1\/chat\/completions"/,
    );
  });

  it('of another purpose, without rows, or of more than 100 MiB is refused', async () => {
    const file = await toFile(Buffer.from('x'), 'cat.png');
    assert.deepEqual((await refusal(openai.files.create({ file, purpose: 'vision' }))).slice(0, 3), [
      ...[400, 'invalid_value', 'purpose'],
    ]);
    assert.equal((await refusal(upload('\n\n')))[3], 'mydata.jsonl has no rows.');
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 200_000_000 };
    const sent = request(`${server.url}/v1/files`, { method: 'POST', headers });
    sent.write('--x\r\n');
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    assert.deepEqual([answer.statusCode, answer.headers.connection], [413, 'close']);
    sent.destroy();
  });

  it('that grows beyond 100 MiB is refused, whatever its length was said to be', async () => {
    const head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n';
    async function* form(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(head);
      for (let mebibytes = 0; mebibytes < 101; mebibytes += 1) yield Buffer.alloc(1 << 20, ' ');
      yield Buffer.from('\r\n--x--\r\n');
    }
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const sent = request(`${server.url}/v1/files`, { method: 'POST', headers });
    sent.on('error', () => {});
    Readable.from(form()).pipe(sent);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 413);
    sent.destroy();
  });

  it('that is no form is refused', async () => {
    const send = (body: string, type: string) =>
      fetch(`${server.url}/v1/files`, { method: 'POST', body, headers: { 'content-type': type } });
    for (const [body, type] of [
      ['{}', 'application/json'],
      ['--x\r\n', 'multipart/form-data; boundary=x'],
      ['nothing', 'multipart/form-data'],
      ['--x--\r\n', 'multipart/form-data; boundary=x'],
      [`${FIELD.repeat(40)}--x--\r\n`, 'multipart/form-data; boundary=x'],
      [`--x\r\n${'X'.repeat(20_000)}\r\n\r\nz\r\n--x--\r\n`, 'multipart/form-data; boundary=x'],
    ] as const) {
      const answer = await send(body, type);
      assert.equal(answer.status, 400, `${type}: ${body}`);
      assert.deepEqual(Object.keys(((await answer.json()) as { error: object }).error), [
        ...['message', 'type', 'param', 'code'],
      ]);
    }
  });

  it('that is not there has no content, and is deleted by nobody', async () => {
    for (const call of [
      openai.files.retrieve('file-abc123'),
      openai.files.content('file-abc123'),
      openai.files.delete('file-abc123'),
    ])
      assert.deepEqual((await refusal(call)).slice(0, 2), [404, 'file_not_found']);
  });

  it('whose time is over is not there any more, nor its record', async () => {
    const { store } = temporary;
    const path = join(store.root, 'rows.jsonl');
    await writeFile(path, '{"instruction": "Say yes.", "output": "Yes."}');
    const about = {
      filename: 'a.jsonl',
      purpose: 'fine-tune',
      expiresAfterSeconds: 3600,
      by: 'Ada',
    } as const;
    const { id } = await addFile(store, path, about, new Date(0));
    const records = async () => (await store.listEntries('openai/files')).includes(`${id}.json`);
    assert.equal(await records(), true);
    assert.equal((await openai.files.list()).data.filter((file) => file.id === id).length, 0);
    assert.equal(await records(), false);
  });

  it('that was refused is not kept', async () => {
    const names = [];
    for await (const { purpose } of openai.files.list()) names.push(purpose);
    assert.deepEqual(names, ['batch']);
  });
});

describe('a job', () => {
  let file = '';
  let few = '';
  before(async () => {
    file = (await upload(lines(rowsOf(10)))).id;
    few = (await upload(lines(rowsOf(9)))).id;
    asked.length = 0;
  });

  it('of a body of 100,000 levels is refused', async () => {
    const body = `{"model": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/v1/fine_tuning/jobs`, { method: 'POST', body, headers });
    assert.equal(answer.status, 400);
    const { error } = (await answer.json()) as { error: { message: string } };
    assert.equal(error.message, 'The body is deep: expected at most 64 levels.');
  });

  const CASES: [what: string, change: Record<string, unknown>, ...expected: unknown[]][] = [
    ['without a file', { training_file: undefined }, 400, 'invalid_value', 'training_file'],
    ['of a file that is not there', { training_file: 'file-abc123' }, 400, 'file_not_found', 'training_file'],
    [
      'with a validation file that is not there',
      { validation_file: 'file-x' },
      400,
      'file_not_found',
      'validation_file',
    ],
    ['of a model that is not there', { model: 'absent' }, 404, null, 'model'],
    ['by preferences', { method: { type: 'dpo', dpo: {} } }, 400, 'unsupported_value', 'method.dpo'],
    [
      'by reinforcement',
      { method: { type: 'reinforcement' } },
      400,
      'unsupported_value',
      'method.reinforcement',
    ],
    ['by another method', { method: { type: 'magic' } }, 400, 'invalid_value', 'method.type'],
    [
      'with integrations',
      { integrations: [{ type: 'wandb', wandb: { project: 'x' } }] },
      400,
      'unsupported_value',
      'integrations',
    ],
    ['with an unknown field', { suffixe: 'x' }, 400, 'unknown_parameter', 'suffixe'],
    [
      'with no epochs',
      { hyperparameters: { n_epochs: 0 } },
      400,
      'invalid_value',
      'hyperparameters.n_epochs',
    ],
    [
      'with a batch that is a text',
      { hyperparameters: { batch_size: 'big' } },
      400,
      'invalid_value',
      'hyperparameters.batch_size',
    ],
    [
      'with a learning rate above 1',
      { hyperparameters: { learning_rate_multiplier: 1000 } },
      400,
      'invalid_value',
      'method.supervised.hyperparameters.learning_rate_multiplier',
    ],
    ['with a long suffix', { suffix: 'x'.repeat(65) }, 400, 'invalid_value', 'suffix'],
    ['with too much metadata', { metadata: { key: 'x'.repeat(513) } }, 400, 'invalid_value', 'metadata.key'],
    ['with a seed that is none', { seed: -1 }, 400, 'invalid_value', 'seed'],
  ];
  for (const [what, change, ...expected] of CASES)
    it(`${what} is refused`, async () => {
      const body = { model: 'builtin', training_file: file, ...change };
      const found = await refusal(openai.post('/fine_tuning/jobs', { body }));
      assert.deepEqual(found.slice(0, 3), expected);
    });

  it('of nine rows is refused, and of a file for batches', async () => {
    const create = (training_file: string) =>
      openai.fineTuning.jobs.create({ model: 'builtin', training_file });
    assert.deepEqual((await refusal(create(few))).slice(1, 3), ['invalid_n_examples', 'training_file']);
    const good = { custom_id: 'a', method: 'POST', url: '/v1/completions', body: { model: 'builtin' } };
    const { id } = await upload(lines([good]), 'batch');
    assert.deepEqual((await refusal(create(id))).slice(1, 3), ['invalid_file_purpose', 'training_file']);
  });

  it('that is not there is refused, whatever is asked of it', async () => {
    const { jobs } = openai.fineTuning;
    for (const call of [
      jobs.retrieve('ftjob-abc123'),
      jobs.cancel('ftjob-abc123'),
      jobs.pause('ftjob-abc123'),
      jobs.resume('ftjob-abc123'),
      jobs.listEvents('ftjob-abc123'),
      jobs.checkpoints.list('ftjob-abc123'),
      jobs.list({ after: 'ftjob-abc123' }),
    ])
      assert.deepEqual((await refusal(call)).slice(0, 2), [404, 'fine_tune_not_found']);
  });

  it('is started by none of these', () => {
    assert.deepEqual(asked, []);
  });
});

describe('a page of another origin', () => {
  it('uploads nothing', async () => {
    const form = new FormData();
    form.set('purpose', 'fine-tune');
    form.set('file', new File([lines(rowsOf(1))], 'x.jsonl'));
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await fetch(`${server.url}/v1/files`, { method: 'POST', body: form, headers });
      assert.equal(answer.status, 403);
    }
  });
});

describe('a model', () => {
  it('of nobody’s job is not deleted', async () => {
    assert.equal((await refusal(openai.models.delete('builtin')))[0], 400);
    assert.deepEqual((await refusal(openai.models.delete('ft:x:alpaca::abc'))).slice(0, 3), [
      ...[404, 'model_not_found', 'model'],
    ]);
  });
});
