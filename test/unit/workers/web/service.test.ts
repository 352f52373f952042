import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { startLog } from '../../../../activities/log.ts';
import type { RunSource, RunView } from '../../../../workers/runs/runs.ts';
import { createWebService, type WebService } from '../../../../workers/web/server.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import { noSteering, scriptedRatings } from './scripted-ratings.ts';

const NAME = '<img src=x onerror=alert(1)>';

const NO_MONEY = 'the budget of 2.00 USD is reached; everything is kept, setBudget goes on';

const NO_WORKER = 'No worker polls alpaca-gpu, and what is for it waits.';

const run: RunView = {
  id: NAME,
  workflowId: NAME,
  runId: '0196b1f0-0000-7000-8000-000000000000',
  workflow: 'alpaca',
  startedBy: null,
  updates: [],
  status: 'RUNNING',
  startedAt: '2026-11-21T08:00:00.000Z',
  closedAt: null,
  stage: 'generate',
  standing: 'waiting: teacher',
  accepted: 120,
  costUsd: 0,
  heldOutLoss: null,
  winRate: null,
  isForgotten: false,
  failure: null,
  result: null,
  wholeResult: null,
  unpolled: null,
  progress: {
    state: 'running',
    stage: 'generate',
    stages: [
      {
        name: 'sample',
        state: 'done',
        done: 1,
        total: 1,
        unit: 'files',
        note: '',
        startedAt: null,
        endedAt: null,
      },
      {
        name: 'generate',
        state: 'running',
        done: 120,
        total: 1000,
        unit: 'rows',
        note: '<b>2 requests</b>',
        startedAt: null,
        endedAt: null,
      },
    ],
    accepted: 120,
    target: 1000,
    costUsd: 0.5,
    budgetUsd: 2,
    pauseReason: null,
    pauseKind: null,
    loss: { latest: null, before: null, after: null },
    etaSeconds: 75,
    forecast: null,
  },
};

const runs: RunSource = {
  list: async () => [run],
  view: async (workflowId) => {
    if (workflowId === NAME) return run;
    const ended = { ...run, id: workflowId, workflowId, closedAt: '2026-11-21T09:00:00.000Z' };
    if (workflowId === 'failed') return { ...ended, status: 'FAILED', failure: 'No key.' };
    if (workflowId === 'terminated') return { ...ended, status: 'TERMINATED', failure: 'Ended.' };
    if (workflowId === 'poor' && run.progress)
      return {
        ...run,
        workflowId,
        progress: { ...run.progress, state: 'paused', pauseReason: NO_MONEY, pauseKind: 'budget' },
      };
    if (workflowId === 'held' && run.progress)
      return {
        ...run,
        workflowId,
        progress: { ...run.progress, state: 'paused', pauseReason: 'by request', pauseKind: 'person' },
      };
    if (workflowId === 'alone') return { ...run, workflowId, progress: null, unpolled: NO_WORKER };
    if (workflowId === 'defect') throw new Error('secret path /root/key');
    throw new AlpacaError('NotFound', `There is no run ${workflowId}.`);
  },
  reachable: async () => false,
};

describe('the web service', () => {
  let root: string;
  let store: ArtifactStore;
  let app: FastifyInstance;
  let rows: ArtifactReference;
  let folder: ArtifactReference;
  const open: FastifyInstance[] = [];

  const serve = async (change: Partial<WebService> = {}) => {
    const place = {
      address: '127.0.0.1:7300',
      namespace: 'default',
      temporalUiUrl: 'http://127.0.0.1:8233',
      chatUrl: null,
    };
    const ratings = scriptedRatings(null);
    const made = await createWebService({
      runs,
      steering: noSteering,
      ratings,
      store,
      place,
      host: '127.0.0.1',
      ...{ token: null, ratersToken: null },
      ...change,
    });
    open.push(made);
    return made;
  };
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ url, headers: { host: '127.0.0.1:8288', ...headers } });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-web-'));
    store = createLocalStore({ root });
    rows = await store.putFile('rows', 'rows.jsonl', '{"a":1}\n', { madeBy: 'test', rows: 1 });
    const workspace = await store.workspace('web');
    await mkdir(join(workspace, 'model', 'deep'), { recursive: true });
    await writeFile(join(workspace, 'model', 'config.json'), '{}');
    await writeFile(join(workspace, 'model', 'deep', 'page.html'), '<script>alert(1)</script>');
    folder = await store.take('model', join(workspace, 'model'), { madeBy: 'test' });
    app = await serve();
  });
  after(async () => {
    for (const service of open) await service.close();
    await rm(root, { recursive: true, force: true });
  });

  const pathOf = ({ uri }: ArtifactReference) => uri.replace('artifact://', '/artifacts/');

  describe('pages', () => {
    it('list the runs with their Temporal histories, names as text', async () => {
      const { statusCode, body, headers } = await get('/');
      assert.equal(statusCode, 200);
      assert.match(String(headers['content-type']), /^text\/html/);
      assert.ok(body.includes('&lt;img src=x onerror=alert(1)&gt;'));
      assert.ok(!body.includes('<img'));
      assert.ok(body.includes('<span class="status status-waiting-teacher">waiting: teacher</span>'));
      assert.ok(
        body.includes(
          'href="http://127.0.0.1:8233/namespaces/default/workflows/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E/0196b1f0-0000-7000-8000-000000000000/history"',
        ),
      );
    });

    it('show a run: stages, accepted of target, cost, time left', async () => {
      const { statusCode, body } = await get(`/runs/${encodeURIComponent(NAME)}`);
      assert.equal(statusCode, 200);
      for (const text of [
        '120 / 1,000 rows',
        '120 / 1,000<',
        '0.50 USD of 2.00 USD',
        '1 min 15 s',
        'value="0.12"',
      ])
        assert.ok(body.includes(text), text);
      assert.ok(body.includes('&lt;b&gt;2 requests&lt;/b&gt;'));
    });

    it('show no stage as running once the run has ended', async () => {
      for (const [name, state] of [
        ['failed', 'failed'],
        ['terminated', 'stopped'],
      ]) {
        const { shown } = (await get(`/runs/${name}/shown`)).json();
        assert.deepEqual([shown.stages[0].state, shown.stages[1].state, shown.eta], ['done', state, '–']);
        const { body } = await get(`/runs/${name}`);
        assert.match(body, new RegExp(`<td data-field="state">${state}</td>`));
        assert.doesNotMatch(body, /<td data-field="state">running|Working on/);
      }
    });

    it('lead from the list to the latest run of a workflow id by it, to an earlier one by its run id', async () => {
      const again = { ...run, workflowId: 'again' };
      const list = async () => [
        { ...again, runId: 'second' },
        { ...again, runId: 'first' },
      ];
      const { body } = await (await serve({ runs: { ...runs, list } })).inject({
        url: '/',
        headers: { host: '127.0.0.1:8288' },
      });
      assert.deepEqual(body.match(/(?<=href=")\/runs\/\w+/g), ['/runs/again', '/runs/first']);
    });

    it('say of a run that no worker polls a queue of its fleet, and which to start', async () => {
      assert.ok((await get('/runs/alone')).body.includes(NO_WORKER));
      assert.equal((await get('/runs/alone/shown')).json().state, NO_WORKER);
    });

    it('say what to type where a run waits for money', async () => {
      const command =
        'npm run temporal -- workflow update execute --address 127.0.0.1:7300 --workflow-id poor --name setBudget --input N';
      const { body } = await get('/runs/poor');
      assert.ok(body.includes(`<code data-field="command">${command}</code>`));
      assert.ok(body.includes('Paused: the budget of 2.00 USD is reached'));
      assert.equal((await get('/runs/poor/shown')).json().command, command);
      assert.equal((await get(`/runs/${encodeURIComponent(NAME)}/shown`)).json().command, '');
    });

    it('say what to type where a person paused the run, whose stage does not run', async () => {
      const { command, shown } = (await get('/runs/held/shown')).json();
      assert.equal(
        command,
        'npm run temporal -- workflow update execute --address 127.0.0.1:7300 --workflow-id held --name resume',
      );
      assert.deepEqual([shown.stages[0].state, shown.stages[1].state], ['done', 'paused']);
    });

    it('have no script or style of their own', async () => {
      for (const url of ['/', `/runs/${encodeURIComponent(NAME)}`]) {
        const { body } = await get(url);
        assert.doesNotMatch(body, /<script(?! (?:type="module" )?src="\/assets\/)|<style/);
        const withoutValues = body.replace(/"[^"]*"/g, '""');
        assert.doesNotMatch(withoutValues, /<[^>]*\s(on[a-z]+|style)=/);
      }
    });

    it('answer the script with the same texts', async () => {
      const { shown, state, closedAt } = (await get(`/runs/${encodeURIComponent(NAME)}/shown`)).json();
      assert.equal(state, 'Working on generate');
      assert.equal(closedAt, null);
      assert.deepEqual(shown.stages[1], {
        name: 'generate',
        state: 'running',
        share: 0.12,
        done: '120 / 1,000 rows',
        note: '<b>2 requests</b>',
      });
    });
  });

  describe('headers', () => {
    it('forbid everything that the pages do not need', async () => {
      const { headers } = await get('/');
      assert.equal(
        headers['content-security-policy'],
        "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' data:;base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-powered-by'], undefined);
    });

    it('are on errors too', async () => {
      const { headers, statusCode } = await get('/nowhere');
      assert.equal(statusCode, 404);
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      const refused = await app.inject({ method: 'POST', url: '/', headers: { host: 'localhost' } });
      assert.match(String(refused.headers['content-security-policy']), /default-src 'none'/);
    });
  });

  describe('errors', () => {
    it('are sentences: JSON for programs, a page for people', async () => {
      const program = await get('/runs/absent/shown');
      assert.equal(program.statusCode, 404);
      assert.deepEqual(program.json(), { error: 'There is no run absent.' });
      const person = await get('/runs/absent', { accept: 'text/html' });
      assert.equal(person.statusCode, 404);
      assert.match(person.body, /<p>There is no run absent\.<\/p>/);
    });

    it('keep what nobody foresaw in the log', async () => {
      const lines: string[] = [];
      startLog('info', (line) => lines.push(line));
      const { statusCode, body } = await get('/runs/defect/shown');
      assert.equal(statusCode, 500);
      assert.doesNotMatch(body, /secret/);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^\S+Z ERROR secret path \/root\/key \{"error":/);
    });

    it('say that a report comes with the end of the run', async () => {
      const { statusCode, body } = await get(`/runs/${encodeURIComponent(NAME)}/report`);
      assert.equal(statusCode, 404);
      assert.match(body, /It is written when the run completes/);
    });
  });

  describe('admission', () => {
    it('refuses every method but GET and HEAD', async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
        const { statusCode, headers } = await app.inject({
          method,
          url: '/',
          headers: { host: 'localhost' },
        });
        assert.equal(statusCode, 405, method);
        assert.equal(headers.allow, 'GET, HEAD');
      }
    });

    it('refuses large bodies and long names', async () => {
      const body = await app.inject({
        method: 'POST',
        url: '/',
        headers: { host: 'localhost' },
        payload: 'x'.repeat(100_000),
      });
      assert.equal(body.statusCode, 413);
      const { statusCode } = await get(`/runs/${'x'.repeat(5000)}`);
      assert.ok(statusCode >= 400 && statusCode < 500, String(statusCode));
    });

    it('answers on loopback for loopback names only', async () => {
      assert.equal((await get('/', { host: 'evil.example' })).statusCode, 421);
      assert.equal((await get('/', { host: 'localhost:8288' })).statusCode, 200);
      assert.equal((await get('/', { host: '[::1]:8288' })).statusCode, 200);
    });

    it('demands the token where one is set, as bearer or as password', async () => {
      const token = 'a-long-enough-token';
      const guarded = await serve({ host: '0.0.0.0', token });
      const ask = async (authorization?: string, url = '/') =>
        guarded.inject({
          url,
          headers: { host: 'alpaca.example', ...(authorization === undefined ? {} : { authorization }) },
        });
      const refused = await ask();
      assert.equal(refused.statusCode, 401);
      assert.match(String(refused.headers['www-authenticate']), /^Basic realm="alpaca"/);
      const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
      assert.equal((await ask(`Bearer ${token}`)).statusCode, 200);
      assert.equal((await ask(basic(token))).statusCode, 200);
      for (const wrong of ['Bearer ', `Bearer ${token}x`, basic('wrong'), 'Basic %%%', 'Bearer'])
        assert.equal((await ask(wrong)).statusCode, 401, wrong);
      assert.equal((await ask(undefined, pathOf(rows))).statusCode, 401);
      assert.equal((await ask(undefined, '/health')).statusCode, 200);
    });

    it('limits how often one address asks', async () => {
      const limited = await serve({ requestsPerMinute: 2 });
      const ask = () => limited.inject({ url: '/schemas/', headers: { host: 'localhost' } });
      assert.equal((await ask()).statusCode, 200);
      assert.equal((await ask()).statusCode, 200);
      const third = await ask();
      assert.equal(third.statusCode, 429);
      assert.ok(Number(third.headers['retry-after']) > 0);
      assert.match(third.json().error, /^More than 2 requests in a minute; try again in/);
      const health = await limited.inject({ url: '/health', headers: { host: 'localhost' } });
      assert.equal(health.statusCode, 200);
    });

    it('limits guesses of the token: twenty wrong ones a minute, and then the right one is not heard', async () => {
      const token = 'a-long-enough-token';
      const guarded = await serve({ host: '0.0.0.0', token, ratersToken: 'another-long-token' });
      const ask = async (bearer: string, url: string) => {
        const headers = { authorization: `Bearer ${bearer}` };
        return (await guarded.inject({ url, headers })).statusCode;
      };
      assert.equal(await ask(token, '/'), 200);
      for (let guess = 0; guess < 20; guess += 1)
        assert.equal(await ask(`guess ${guess}`, guess % 2 === 0 ? '/' : '/rate/test'), 401);
      assert.equal(await ask(token, '/'), 429);
      assert.equal(await ask('another-long-token', '/rate/test'), 429);
      assert.equal(await ask('any', '/health'), 200);
    });
  });

  describe('artifacts', () => {
    it('are downloaded by uri', async () => {
      const { statusCode, body, headers } = await get(pathOf(rows));
      assert.equal(statusCode, 200);
      assert.equal(body, '{"a":1}\n');
      assert.equal(headers.etag, `"${rows.sha256}"`);
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    });

    it('list a folder, and give its files for saving, never as pages', async () => {
      const listing = await get(pathOf(folder));
      assert.ok(listing.body.includes('href="model/deep/page.html"'));
      const file = await get(`${pathOf(folder)}/deep/page.html`);
      assert.equal(file.statusCode, 200);
      assert.equal(file.headers['content-type'], 'application/octet-stream');
      assert.match(String(file.headers['content-disposition']), /^attachment/);
    });

    it('lead nowhere else', async () => {
      const home = `/artifacts/rows/${rows.sha256}`;
      for (const path of [
        `${home}/..%2F..%2F..%2Fentries`,
        `${home}/%2e%2e`,
        `${home}/manifest.json`,
        `${pathOf(folder)}/..%2f..%2fmanifest.json`,
        `${pathOf(folder)}/../../../../etc/passwd`,
        `${pathOf(folder)}/%2fetc%2fpasswd`,
        `/artifacts/rows/${'0'.repeat(64)}/rows.jsonl`,
        '/artifacts/..%2fentries/x/y',
        '/artifacts/rows/short/rows.jsonl',
      ]) {
        const { statusCode, body } = await get(path);
        assert.ok(statusCode === 400 || statusCode === 404, `${path}: ${statusCode}`);
        assert.ok(!body.includes(root), `${path} is told where the store is: ${body}`);
        assert.doesNotMatch(body, /root:|madeBy/);
      }
    });

    it('are not served once they are damaged', async () => {
      const damaged = await store.putFile('rows', 'bad.jsonl', '{"b":2}\n', { madeBy: 'test', rows: 1 });
      const path = join(root, 'artifacts', 'rows', damaged.sha256, 'bad.jsonl');
      await writeFile(path, '{"b":3}\n');
      // A process checks a digest once: this one has not seen the file yet.
      const fresh = await serve({ store: createLocalStore({ root }) });
      const { statusCode } = await fresh.inject({ url: pathOf(damaged), headers: { host: 'localhost' } });
      assert.equal(statusCode, 500);
    });
  });

  it('gives JSON Schemas with defaults and bounds', async () => {
    const schema = (await get('/schemas/alpaca.input.schema.json')).json();
    assert.equal(schema.properties.generate.properties.target.default, 2000);
    assert.equal(schema.additionalProperties, false);
    assert.equal(schema.required, undefined);
    assert.ok((await get('/schemas/')).json().schemas.includes('release.result.schema.json'));
    assert.equal((await get('/schemas/none.schema.json')).statusCode, 404);
  });

  it('is healthy while Temporal is not', async () => {
    assert.deepEqual((await get('/health')).json(), { status: 'ok', temporal: 'unreachable' });
  });
});
