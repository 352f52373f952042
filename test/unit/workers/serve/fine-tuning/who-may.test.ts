import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { createToken, revokeToken } from '../../../../../workers/runs/access/tokens.ts';
import type { Role } from '../../../../../workers/runs/access/visitor.ts';
import type { ModelServer } from '../../../../../workers/serve/server.ts';
import { type TemporaryStore, temporaryStore } from '../../../activities/generate/generation-fixture.ts';
import { asked, jobServer, started } from './scripted-jobs.ts';

const SERVE_TOKEN = 'a-token-of-the-models';

describe('a model server with a token', () => {
  let temporary: TemporaryStore;
  let server: ModelServer;
  before(async () => {
    temporary = await temporaryStore();
    server = await jobServer(temporary.store, SERVE_TOKEN);
  });
  after(async () => {
    await server.close();
    await temporary[Symbol.asyncDispose]();
  });

  const clientWith = (apiKey: string) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
  const tokenOf = async (role: Role) => {
    const about = { name: `the one who may ${role}`, role, usdPerDay: 0, expiresAt: null };
    return createToken(temporary.store, about);
  };
  const upload = async (client: OpenAI) => {
    const row = '{"instruction": "Say yes.", "output": "Yes."}\n'.repeat(10);
    return client.files.create({ file: await toFile(Buffer.from(row), 'a.jsonl'), purpose: 'fine-tune' });
  };

  it('shows files and jobs to nobody who knows the token of the models alone', async () => {
    const client = clientWith(SERVE_TOKEN);
    assert.equal((await client.models.list()).data.length, 1);
    for (const call of [client.files.list(), client.fineTuning.jobs.list(), client.models.delete('x')])
      await assert.rejects(call, { status: 403, code: 'insufficient_permissions' });
    await assert.rejects(upload(client), { status: 403 });
  });

  it('lets a visitor of the role read look and chat, and start nothing', async () => {
    const client = clientWith((await tokenOf('read')).token);
    const messages = [{ role: 'user' as const, content: 'Hello.' }];
    assert.equal(
      (await client.chat.completions.create({ model: 'builtin', messages })).choices[0]?.message.content,
      'Yes.',
    );
    assert.deepEqual((await client.files.list()).data, []);
    await assert.rejects(upload(client), { status: 403 });
    const job = { model: 'builtin', training_file: 'file-1' };
    await assert.rejects(client.fineTuning.jobs.create(job), { status: 403 });
  });

  it('starts jobs in the name of who may run', async () => {
    const client = clientWith((await tokenOf('run')).token);
    const { id } = await upload(client);
    await client.fineTuning.jobs.create({ model: 'builtin', training_file: id });
    assert.deepEqual([asked.at(-1)?.what, asked.at(-1)?.by], ['start', 'the one who may run']);
  });

  it('hears a token 600 times in a minute, chats too, and who has none of his own as he comes', async () => {
    const { token } = await tokenOf('read');
    for (const [key, last] of [
      [token, 429],
      [SERVE_TOKEN, 200],
    ] as const) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      for (let asked = 0; asked < 600; asked += 1) {
        const { status } = await fetch(`${server.url}/v1/models`, { headers });
        assert.equal(status, 200);
      }
      const body = JSON.stringify({ model: 'builtin', messages: [{ role: 'user', content: 'Hello.' }] });
      const chat = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
      assert.equal(chat.status, last);
      const { error } = (await chat.json()) as { error?: { code: string } };
      assert.equal(error?.code, last === 429 ? 'rate_limit_exceeded' : undefined);
    }
  });

  it('has files and models deleted by whoever made them, and by the role admin', async () => {
    const about = { role: 'run', usdPerDay: 0, expiresAt: null } as const;
    const ann = clientWith((await createToken(temporary.store, { ...about, name: 'Ann' })).token);
    const ben = clientWith((await createToken(temporary.store, { ...about, name: 'Ben' })).token);
    const admin = clientWith((await tokenOf('admin')).token);
    const [file, another] = [await upload(ann), await upload(ann)];
    const job = await ann.fineTuning.jobs.create({ model: 'builtin', training_file: file.id });
    const isAnothers = { status: 403, code: 'insufficient_permissions' };
    await assert.rejects(ben.files.delete(file.id), isAnothers);
    await assert.rejects(ben.models.delete(job.id), isAnothers);
    await assert.rejects(ann.models.delete(job.id), {
      status: 400,
      message: `400 ${job.id} is still being made: cancel its job ${job.id} first.`,
    });
    const run = started.get(job.id);
    assert.ok(run);
    started.set(job.id, { ...run, status: 'COMPLETED', closedAt: '2026-11-29T12:00:00.000Z' });
    assert.equal((await ann.models.delete(job.id)).deleted, true);
    assert.equal((await ann.files.delete(file.id)).deleted, true);
    assert.equal((await admin.files.delete(another.id)).deleted, true);
  });

  it('takes four files of a visitor side by side, and as many of another', async () => {
    const { token } = await tokenOf('run');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=x' };
    const slow: ClientRequest[] = [];
    const hold = () => {
      const upload = request(`${server.url}/v1/files`, { method: 'POST', headers });
      upload.on('error', () => {});
      // One that is asked for below may have come before it.
      upload.on('response', ({ statusCode }) => statusCode === 429 && hold());
      upload.write('--x\r\n');
      slow.push(upload);
    };
    for (let held = 0; held < 4; held += 1) hold();
    const refused = async () => {
      const form = new FormData();
      form.append('purpose', 'fine-tune');
      const sent = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form };
      return (await fetch(`${server.url}/v1/files`, sent)).status;
    };
    // They come in on connections of their own.
    let status = await refused();
    for (let tries = 0; status !== 429 && tries < 100; tries += 1) {
      await sleep(20);
      status = await refused();
    }
    assert.equal(status, 429);
    await upload(clientWith((await tokenOf('spend')).token));
    for (const upload of slow) upload.destroy();
  });

  it('opens nothing for a token that was revoked, or for none', async () => {
    const { token, listing } = await tokenOf('run');
    await revokeToken(temporary.store, listing.id);
    for (const key of [token, 'wrong'])
      await assert.rejects(clientWith(key).models.list(), { status: 401, code: 'invalid_api_key' });
  });
});
