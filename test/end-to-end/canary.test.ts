import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { generateResult } from '../../workflows/contracts/generate.ts';
import { progress } from '../../workflows/contracts/progress.ts';
import { alpaca, type Environment, up } from './command.ts';
import { type EchoingEndpoint, formsOf, startEchoingEndpoint } from './echoing-endpoint.ts';

const KEY = 'sk-canary-Zx81Qw7Rt5/Yu3Io9+Pa6Df2Lk4Mn==';
/** What must be nowhere: every form, and what is left of one whose ends were cut off. */
const TRACES = [KEY, ...formsOf(KEY), KEY.slice(6, 22)].flatMap((form) => [form, form.slice(4, 20)]);

const FAILS = ['401', '403', '404', '400', 'text', 'redirect', 'job'];
const WAITS = ['402', '429', '500', 'malformed'];

/** The key that an endpoint echoes in everything that it answers. */
describe('a key that its endpoint echoes', () => {
  let state: string;
  let endpoint: EchoingEndpoint;
  let environment: Environment;
  let end: () => Promise<number>;
  let connection: Connection;
  let client: Client;

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-canary-'));
    endpoint = await startEchoingEndpoint(KEY);
    const profiles = Object.fromEntries(
      [...FAILS, ...WAITS, 'answer'].map((mode) => [
        `echo-${mode}`,
        {
          ...{ baseUrl: `${endpoint.url}/${mode}/v1`, model: 'm', apiKeyVariable: 'CANARY_KEY' },
          price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
          ...{ embeddingModel: 'e', embeddingUsdPerMillion: 0 },
          batch: mode === 'job' ? { pollSeconds: 0.1 } : null,
        },
      ]),
    );
    await writeFile(join(state, 'teachers.json'), JSON.stringify(profiles));
    Object.assign(process.env, {
      ...{ CANARY_KEY: KEY, ALPACA_TEACHERS: join(state, 'teachers.json') },
      ALPACA_LOG_FORMAT: 'json',
    });
    ({ environment, end } = await up(state));
    connection = await Connection.connect({ address: environment.address });
    client = new Client({ connection });
  });
  after(async () => {
    await connection.close();
    await end();
    await endpoint[Symbol.asyncDispose]();
    await rm(state, { recursive: true, force: true });
  });

  const start = (type: string, workflowId: string, input: object) =>
    client.workflow.start(type, { taskQueue: 'alpaca', workflowId, args: [input] });
  const generating = (mode: string) => ({ generate: { teacher: `echo-${mode}`, target: 2 } });

  it('ends runs, and makes them wait, with a reason that has no trace of it', async () => {
    const failing = [
      ...FAILS.map((mode) => start('alpaca', `fails-${mode}`, generating(mode))),
      start('alpaca', 'fails-embedding', {
        generate: { from: 'builtin' },
        dedupe: { embedding: { teacher: 'echo-401', model: null } },
      }),
      start('evaluate', 'fails-judge', {
        ...{ modelA: { teacher: 'offline' }, modelB: { teacher: 'echo-answer' }, judge: 'echo-401' },
      }),
    ];
    const waiting = await Promise.all(
      WAITS.map((mode) => start('alpaca', `waits-${mode}`, generating(mode))),
    );
    for (const handle of await Promise.all(failing)) {
      const { message } = await handle.result().then(
        () => assert.fail(`${handle.workflowId} was expected to fail`),
        (error: Error) => error.cause as Error,
      );
      const mode = FAILS.find((name) => handle.workflowId === `fails-${name}`) ?? '401';
      assert.ok(message.includes(`The teacher "echo-${mode}"`), message);
    }
    for (const handle of waiting) {
      const { pauseReason } = await untilPaused(() => handle.query<unknown>('progress'));
      assert.match(String(pauseReason), /echo-|no usable answer/);
    }
  });

  it('is in no answer of a model either: [key] is in its place, in ledger and data', async () => {
    const handle = await start('generate', 'answers', { teacher: 'echo-answer', target: 1 });
    const { data } = generateResult.parse(await handle.result());
    const rows = join(environment.store, 'artifacts', data.uri.slice('artifact://'.length));
    for (const texts of [await readFile(rows, 'utf8'), await ledgerOf(environment.store)])
      assert.match(texts, /Tell what Bearer \[key\] and \[key\]/);
  });

  it('is on no page, in no answer of the API, and in nothing that a command prints', async () => {
    const ids = [
      ...FAILS.map((mode) => `fails-${mode}`),
      'fails-embedding',
      'fails-judge',
      ...WAITS.map((mode) => `waits-${mode}`),
    ];
    const paths = [
      '/',
      '/api/v1/runs',
      ...ids.flatMap((id) => [`/runs/${id}`, `/runs/${id}/shown`, `/api/v1/runs/${id}`]),
    ];
    for (const path of paths) {
      const answer = await fetch(environment.webUrl + path);
      assert.equal(answer.status, 200, path);
      assertNoTrace(await answer.text(), path);
    }
    const page = await (await fetch(`${environment.webUrl}/runs/fails-401`)).text();
    assert.match(page, /does not accept the key \(401 Bearer \[key\]/);
    const { stdout, stderr } = await alpaca(state, ['watch', 'fails-401', '--verbose']);
    assert.match(stderr, /does not accept the key/);
    assertNoTrace(stdout + stderr, 'alpaca watch');
  });

  it('is in no file of the state folder: database, store and logs', async () => {
    const names = await filesIn(state);
    for (const part of ['temporal.db', 'data-worker.log', 'entries/ledger'])
      assert.ok(
        names.some((name) => name.includes(part)),
        part,
      );
    for (const name of names) assertNoTrace(await readFile(name).catch(unlessPassing(name)), name);
  });

  it('leaves logs of JSON objects, with run and step where there is one, and no prompt or answer', async () => {
    const logs = (await filesIn(join(state, 'logs'))).filter((name) =>
      /(data-worker|gpu-worker|web)\.log$/.test(name),
    );
    const texts = await Promise.all(logs.map((name) => readFile(name, 'utf8')));
    // The supervisor says at each start what it starts.
    const lines = texts
      .join('')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('--- '));
    const objects = lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
    const said = objects.filter(({ workflowId }) => String(workflowId).startsWith('waits-'));
    assert.ok(said.some(({ activityType }) => activityType === 'answerRequest'));
    for (const text of texts) assert.doesNotMatch(text, /numbered collection of|Tell what Bearer/);
  });

  it('is on no command line', async () => {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      assertNoTrace(line, `process ${pid}`);
    }
  });
});

function assertNoTrace(text: string | Buffer, where: string): void {
  const found = TRACES.filter((trace) => text.includes(trace));
  assert.deepEqual(found, [], where);
}

/** Runs that wait try again meanwhile: the database's journal, files in writing and requests on the way come and go. */
function unlessPassing(name: string): (error: NodeJS.ErrnoException) => string {
  return (error) => {
    if (error.code !== 'ENOENT' || !/(-journal|\.partial)$|\/on-the-way\//.test(name)) throw error;
    return '';
  };
}

async function ledgerOf(store: string): Promise<string> {
  const files = await filesIn(join(store, 'entries', 'ledger'));
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function untilPaused(ask: () => Promise<unknown>): Promise<{ pauseReason: string | null }> {
  const giveUpAt = performance.now() + 120_000;
  for (;;) {
    const standing = progress.parse(await ask());
    if (standing.pauseReason !== null) return standing;
    assert.ok(performance.now() < giveUpAt, 'the run says that it waits');
    await sleep(200);
  }
}
