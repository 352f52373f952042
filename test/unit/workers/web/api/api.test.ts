import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { createToken } from '../../../../../workers/runs/access/tokens.ts';
import { ROLES, type Role } from '../../../../../workers/runs/access/visitor.ts';
import { OPERATIONS } from '../../../../../workers/web/api/operations.ts';
import { problem } from '../../../../../workers/web/api/problem.ts';
import type { WebService } from '../../../../../workers/web/server.ts';
import { apiService, asked, openRun } from './scripted-api.ts';

const RUN = 'run-of-a-test';

describe('the API', () => {
  let root: string;
  let store: ArtifactStore;
  let app: FastifyInstance;
  const tokens = new Map<Role, string>();
  const open: FastifyInstance[] = [];

  const serve = async (change: Partial<WebService> = {}) => {
    const made = await apiService(store, change);
    open.push(made);
    return made;
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-api-'));
    store = createLocalStore({ root });
    for (const role of ROLES) {
      const about = { name: `the ${role}er`, role, usdPerDay: 5, expiresAt: null };
      tokens.set(role, (await createToken(store, about)).token);
    }
    app = await serve();
  });
  after(async () => {
    for (const service of open) await service.close();
    await rm(root, { recursive: true, force: true });
  });

  const send = (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    { body, role, headers = {} }: { body?: unknown; role?: Role; headers?: Record<string, string> } = {},
  ) =>
    app.inject({
      ...{ method, url: `/api/v1${path}` },
      headers: {
        host: 'localhost:8288',
        ...(role === undefined ? {} : { authorization: `Bearer ${tokens.get(role)}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
  const pathOf = (path: string) =>
    path.replace('{run}', RUN).replace('{kind}/{sha256}/{name}', `rows/${'0'.repeat(64)}/rows.jsonl`);

  describe('who may', () => {
    it('has a role for each operation, below which it is refused as a problem', async () => {
      assert.ok(OPERATIONS.length >= 26);
      for (const { method, path, role } of OPERATIONS) {
        const [lower] = ROLES.slice(0, ROLES.indexOf(role)).slice(-1);
        if (lower === undefined) continue;
        const { statusCode, headers, body } = await send(method, pathOf(path), { role: lower });
        assert.equal(statusCode, 403, `${method} ${path} by ${lower}`);
        assert.match(String(headers['content-type']), /^application\/problem\+json/);
        assert.match(problem.parse(JSON.parse(body)).detail, new RegExp(`^This takes the role ${role} `));
      }
    });

    it('is asked for a token where one is needed, and which was revoked or never made opens nothing', async () => {
      const guarded = await serve({ host: '0.0.0.0', token: 'a-long-enough-token' });
      const ask = async (authorization?: string) =>
        (
          await guarded.inject({
            url: '/api/v1/runs',
            headers: authorization === undefined ? {} : { authorization },
          })
        ).statusCode;
      assert.equal(await ask(), 401);
      assert.equal(await ask(`Bearer ${tokens.get('read')}`), 200);
      const basic = Buffer.from(`me:${tokens.get('read')}`).toString('base64');
      assert.equal(await ask(`Basic ${basic}`), 200);
      assert.equal(await ask('Bearer a-long-enough-token'), 200);
      assert.equal(await ask(`Bearer alpaca_${'0'.repeat(12)}_${'x'.repeat(43)}`), 401);
      assert.equal(
        (
          await send('GET', '/runs', {
            headers: { authorization: `Bearer alpaca_${'0'.repeat(12)}_${'x'.repeat(43)}` },
          })
        ).statusCode,
        401,
      );
    });

    it('on this machine needs no token to read and to start what costs nothing, and one to end a run at once', async () => {
      assert.equal((await send('GET', '/runs')).statusCode, 200);
      assert.equal((await send('POST', '/workflows/alpaca/runs', { body: {} })).statusCode, 201);
      assert.equal(asked.at(-1)?.visitor.name, 'somebody on this machine');
      assert.equal(asked.at(-1)?.visitor.role, 'run');
      const { statusCode } = await send('POST', `/runs/${RUN}/terminate`, { body: { reason: 'x' } });
      assert.equal(statusCode, 401);
    });

    it('asks by a name of this machine, whatever a proxy says that it was', async () => {
      const behind = await serve({ trustedProxies: '127.0.0.1' });
      const ask = async (host: string, forwarded: string) =>
        (await behind.inject({ url: '/api/v1/runs', headers: { host, 'x-forwarded-host': forwarded } }))
          .statusCode;
      assert.equal(await ask('evil.example', 'localhost'), 421);
      assert.equal(await ask('[::1]:8288', 'evil.example'), 200);
      assert.equal(await ask('127.0.0.1', 'evil.example'), 200);
    });

    it('is no page of another origin, with or without a token', async () => {
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://evil.example' },
        { origin: 'null' },
      ] as Record<string, string>[]) {
        const { statusCode } = await send('POST', '/workflows/alpaca/runs', {
          body: {},
          role: 'admin',
          headers,
        });
        assert.equal(statusCode, 403, JSON.stringify(headers));
      }
      const own = { origin: 'http://localhost:8288' };
      const { statusCode } = await send('POST', '/workflows/alpaca/runs', { body: {}, headers: own });
      assert.equal(statusCode, 201);
      const form = { 'content-type': 'text/plain' };
      assert.equal(
        (await send('POST', '/workflows/alpaca/runs', { body: '{}', headers: form })).statusCode,
        415,
      );
    });
  });

  describe('a start', () => {
    it('is answered with the run and where it is, and told who asked with which key', async () => {
      const { statusCode, headers, body } = await send('POST', '/workflows/train/runs', {
        body: { epochs: 1 },
        role: 'run',
        headers: { 'idempotency-key': 'night-1' },
      });
      assert.equal(statusCode, 201);
      assert.deepEqual(JSON.parse(body), { workflow: 'train', workflowId: 'train-1', runId: 'first' });
      assert.equal(headers.location, '/api/v1/runs/train-1');
      const { visitor, ...rest } = asked.at(-1) ?? assert.fail();
      assert.equal(visitor.name, 'the runer');
      assert.deepEqual(rest, { workflow: 'train', input: { epochs: 1 }, key: 'night-1' });
    });

    it('with a wrong or unknown field is told which, by its pointer', async () => {
      const { statusCode, body } = await send('POST', '/workflows/alpaca/runs', {
        body: { generate: { target: 'many' }, train: { 'a/b': 1 } },
      });
      assert.equal(statusCode, 400);
      assert.deepEqual(JSON.parse(body), {
        type: 'urn:alpaca:failure:InvalidInput',
        title: 'Bad Request',
        status: 400,
        detail: 'The body is wrong:\ngenerate.target is "many": expected a number\ntrain has no field "a/b"',
        errors: [
          { pointer: '/generate/target', detail: 'generate.target is "many": expected a number' },
          { pointer: '/train/a~1b', detail: 'train has no field "a/b"' },
        ],
      });
    });

    it('with what is no input is refused: no JSON, a list, 100 MB, 100,000 levels, a key with a space', async () => {
      const json = { 'content-type': 'application/json' };
      const post = (body: unknown, headers: Record<string, string> = json) =>
        send('POST', '/workflows/alpaca/runs', { body, headers });
      for (const [answer, status] of [
        [post('{"generate":'), 400],
        [post('[1]'), 400],
        [post('{}', { ...json, 'content-length': '100000000' }), 413],
        [post(`{"a":"${'x'.repeat(1 << 20)}"}`), 413],
        [post(`{"generate":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 400],
        [post('{}', { ...json, 'idempotency-key': 'a b' }), 400],
      ] as const) {
        const { statusCode, headers, body } = await answer;
        assert.equal(statusCode, status, body);
        assert.match(String(headers['content-type']), /^application\/problem\+json/);
        problem.parse(JSON.parse(body));
      }
    });
  });

  describe('a run', () => {
    it('is listed in the order of the list, page by page', async () => {
      const first = (await send('GET', '/runs?limit=1&workflow=alpaca')).json();
      assert.deepEqual(
        first.runs.map(({ runId }: { runId: string }) => runId),
        ['second'],
      );
      assert.equal(first.next, '2026-11-29T12:00:00.000Z~second');
      const rest = (await send('GET', `/runs?limit=1&after=${first.next}`)).json();
      assert.equal(rest.runs[0].runId, 'first');
      assert.equal(rest.next, null);
    });

    it('is not listed by what a list cannot be asked for', async () => {
      for (const query of [
        'limit=0',
        'limit=x',
        'limit=1&limit=2',
        'workflow=rater',
        'after=x',
        'after=2026-00-00T00:00:00.000Z~x',
        'nothing=1',
      ]) {
        const { statusCode, body } = await send('GET', `/runs?${query}`);
        assert.equal(statusCode, 400, query);
        assert.equal(problem.parse(JSON.parse(body)).errors?.length, 1, query);
      }
    });

    it('is shown with its progress; its result is a conflict until it has one', async () => {
      const shown = (await send('GET', `/runs/${RUN}`)).json();
      assert.equal(shown.workflowId, RUN);
      assert.equal(shown.startedBy, 'Ada');
      assert.deepEqual(shown.updates, [{ what: 'pause', by: 'Ben', at: '2026-11-29T12:00:00.000Z' }]);
      assert.equal((await send('GET', `/runs/${RUN}/result`)).statusCode, 409);
      const ended = await send('GET', '/runs/ended/result');
      assert.deepEqual(ended.json(), { workflow: 'train', result: { steps: 3 } });
      assert.equal((await send('GET', '/runs/absent')).statusCode, 404);
    });

    it('takes updates with their bodies', async () => {
      const { statusCode } = await send('POST', `/runs/${RUN}/updates/setTarget`, { body: { target: 5 } });
      assert.equal(statusCode, 200);
      const { visitor: _, ...update } = asked.at(-1) ?? assert.fail();
      assert.deepEqual(update, { run: RUN, name: 'setTarget', body: { target: 5 }, key: null });
      const wrong = await send('POST', `/runs/${RUN}/updates/setTarget`, { body: { target: 0 } });
      assert.equal(wrong.json().errors[0].pointer, '/target');
      assert.equal((await send('POST', `/runs/${RUN}/updates/vote`, { body: {} })).statusCode, 404);
      const raised = await send('POST', `/runs/${RUN}/updates/setBudget`, { body: { budgetUsd: 5 } });
      assert.equal(raised.statusCode, 401);
      assert.match(String(raised.headers['www-authenticate']), /^Basic realm="alpaca"/);
    });

    it('is ended: in order by who may run, at once by an admin with a reason', async () => {
      assert.equal((await send('POST', `/runs/${RUN}/cancel`)).statusCode, 202);
      const at = { role: 'admin' } as const;
      assert.equal((await send('POST', `/runs/${RUN}/terminate`, { body: {}, ...at })).statusCode, 400);
      const { statusCode } = await send('POST', `/runs/${RUN}/terminate`, {
        body: { reason: 'stuck' },
        ...at,
      });
      assert.equal(statusCode, 202);
      assert.equal(asked.at(-1)?.reason, 'stuck');
    });

    it('says by Allow what else than a method that it does not take', async () => {
      const { statusCode, headers } = await send('DELETE', `/runs/${RUN}`);
      assert.equal(statusCode, 405);
      assert.equal(headers.allow, 'GET, HEAD');
      assert.equal((await send('GET', `/runs/${RUN}/cancel`)).headers.allow, 'POST');
    });
  });

  describe('an artifact', () => {
    it('is given whole, in part, or not at all where it is known', async () => {
      const { uri, sha256 } = await store.putFile('rows', 'rows.jsonl', '0123456789', { madeBy: 'test' });
      const path = uri.replace('artifact://', '/artifacts/');
      const ask = (headers: Record<string, string>) => send('GET', path, { headers });
      assert.equal((await ask({})).body, '0123456789');
      const part = await ask({ range: 'bytes=2-4' });
      assert.deepEqual(
        [part.statusCode, part.body, part.headers['content-range']],
        [206, '234', 'bytes 2-4/10'],
      );
      assert.equal((await ask({ range: 'bytes=10-' })).statusCode, 416);
      assert.equal((await ask({ range: 'bytes=2-4', 'if-range': '"other"' })).statusCode, 200);
      assert.equal((await ask({ 'if-none-match': `"${sha256}"` })).statusCode, 304);
    });

    it('that is a folder is a list of files, each with its digest', async () => {
      const folder = join(await store.workspace('api'), 'model');
      await mkdir(join(folder, 'deep'), { recursive: true });
      await writeFile(join(folder, 'deep', 'a.txt'), 'abc');
      const { uri } = await store.take('model', folder, { madeBy: 'test' });
      const path = uri.replace('artifact://', '/artifacts/');
      const { files } = (await send('GET', path)).json();
      assert.deepEqual(files, [
        {
          path: 'deep/a.txt',
          bytes: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
      ]);
      assert.equal((await send('GET', `${path}?file=deep/a.txt`)).body, 'abc');
      assert.equal((await send('GET', `${path}?file=../../x`)).statusCode, 404);
    });
  });

  describe('how often one asks', () => {
    it('is counted by token, wherever it comes from, and X-Forwarded-For is believed of a proxy that is named', async () => {
      const status = async (
        service: FastifyInstance,
        headers: Record<string, string>,
        remoteAddress = '192.0.2.1',
      ) =>
        (
          await service.inject({
            url: '/api/v1/runs',
            remoteAddress,
            headers: { host: 'localhost', ...headers },
          })
        ).statusCode;
      const bounds = { requestsPerMinute: 1, requestsPerMinuteByToken: 2 };
      const alone = await serve(bounds);
      const token = { authorization: `Bearer ${tokens.get('read')}` };
      assert.equal(await status(alone, token), 200);
      assert.equal(await status(alone, token, '192.0.2.2'), 200);
      assert.equal(await status(alone, token, '192.0.2.3'), 429);
      assert.equal(await status(alone, { 'x-forwarded-for': '198.51.100.1' }, '192.0.2.4'), 200);
      assert.equal(await status(alone, { 'x-forwarded-for': '198.51.100.2' }, '192.0.2.4'), 429);
      const behind = await serve({ ...bounds, trustedProxies: '192.0.2.4' });
      assert.equal(await status(behind, { 'x-forwarded-for': '198.51.100.1' }, '192.0.2.4'), 200);
      assert.equal(await status(behind, { 'x-forwarded-for': '198.51.100.2' }, '192.0.2.4'), 200);
      assert.equal(await status(behind, { 'x-forwarded-for': '198.51.100.3' }, '192.0.2.5'), 200);
      assert.equal(await status(behind, { 'x-forwarded-for': '198.51.100.4' }, '192.0.2.5'), 429);
    });
  });

  describe('the events of a run', () => {
    it('are told as they come, go on from the last that was seen, and end with the run', async () => {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const ask = (headers: Record<string, string> = {}) =>
        fetch(`${url}/api/v1/runs/followed/events`, { headers });
      openRun.closedAt = null;
      const stream = await ask();
      assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8');
      assert.equal(stream.headers.get('x-content-type-options'), 'nosniff');
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail();
      const first = (await reader.read()).value ?? '';
      const [, id = '', data = ''] =
        /^id: (\S+)\nevent: run\ndata: (.*)\n\n$/.exec(first) ?? assert.fail(first);
      assert.equal(JSON.parse(data).workflowId, 'followed');
      openRun.closedAt = '2026-11-29T13:00:00.000Z';
      const rest = await (await ask({ 'last-event-id': id })).text();
      assert.match(rest, /^id: 2-\S+\nevent: end\ndata: .*\n\n$/);
      assert.equal((await reader.read()).value, rest);
      assert.equal((await reader.read()).done, true);
      const last = /^id: (\S+)/.exec(rest)?.[1] ?? '';
      assert.equal((await ask({ 'last-event-id': last })).status, 204);
      assert.equal((await fetch(`${url}/api/v1/runs/absent/events`)).status, 404);
    });
  });

  it('describes itself', async () => {
    const described = z
      .object({ openapi: z.string(), paths: z.record(z.string(), z.looseObject({})) })
      .parse((await send('GET', '/openapi.json')).json());
    assert.equal(described.openapi, '3.1.0');
    const events = { schema: { type: 'string' }, 'x-event-data': { $ref: '#/components/schemas/run' } };
    assert.deepEqual(
      z
        .object({ get: z.object({ responses: z.object({ 200: z.object({ content: z.unknown() }) }) }) })
        .parse(described.paths['/runs/{run}/events']).get.responses[200].content,
      { 'text/event-stream': events },
    );
    const described405 = Object.keys(described.paths).map((path) => pathOf(path));
    for (const path of described405) {
      const { statusCode } = await send('PUT', path, { body: {}, role: 'admin' });
      assert.equal(statusCode, 405, path);
    }
  });
});
