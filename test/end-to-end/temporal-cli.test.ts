import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import OpenAI from 'openai';
import { buildRunInput } from '../../workers/command/run/run-input.ts';
import { changeSchedule, showSchedule } from '../../workers/command/schedule/schedules.ts';
import { dedupeResult } from '../../workflows/contracts/dedupe.ts';
import { evaluateResult } from '../../workflows/contracts/evaluate.ts';
import { filterResult } from '../../workflows/contracts/filter.ts';
import { generateResult } from '../../workflows/contracts/generate.ts';
import { alpacaResult } from '../../workflows/contracts/pipeline.ts';
import { progress } from '../../workflows/contracts/progress.ts';
import { releaseResult } from '../../workflows/contracts/release.ts';
import { sampleResult } from '../../workflows/contracts/sample.ts';
import { tokenizeResult } from '../../workflows/contracts/tokenize.ts';
import { trainResult } from '../../workflows/contracts/train.ts';
import { type HubServer, startHubServer } from '../unit/activities/hub/hub-server.ts';
import { alpaca, ROOT, standing, temporal, up } from './command.ts';

const COMMIT = 'f'.repeat(40);
const ROW = { instruction: 'Name a colour.', input: '', output: 'Red.' };

/** The lines of the README, as typed: the environment stands, and the Temporal CLI starts and asks. */
describe('with the environment up, the Temporal CLI', () => {
  let state: string;
  let environment: Awaited<ReturnType<typeof up>>['environment'];
  let end: () => Promise<number>;
  let connection: Connection;
  let client: Client;
  let hub: HubServer;

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-cli-'));
    const files = new Map([['rows.jsonl', Buffer.from(`${JSON.stringify(ROW)}\n`)]]);
    hub = await startHubServer({ 'datasets/owner/rows': { commit: COMMIT, revisions: ['main'], files } });
    const ofHub = { HF_HOME: join(state, 'hub'), HF_ENDPOINT: hub.url, ALPACA_HUB_OWNERS: 'owner' };
    ({ environment, end } = await up(state, ofHub));
    connection = await Connection.connect({ address: environment.address });
    client = new Client({ connection });
  });
  after(async () => {
    await connection.close();
    const code = await end();
    await hub[Symbol.asyncDispose]();
    await rm(state, { recursive: true, force: true });
    assert.equal(code, 130);
  });

  const start = (type: string, id: string, ...rest: string[]) =>
    temporal(environment.address, [
      'workflow',
      'start',
      '--task-queue',
      'alpaca',
      '--type',
      type,
      '--workflow-id',
      id,
      ...rest,
    ]);
  const result = (id: string) =>
    temporal(environment.address, ['workflow', 'result', '--workflow-id', id, '--output', 'json']);

  it('starts a run on {} and queries its progress', async () => {
    assert.equal((await start('alpaca', 'my-run', '--input', '{}')).code, 0);
    const asked = await temporal(environment.address, [
      'workflow',
      'query',
      '--workflow-id',
      'my-run',
      '--type',
      'progress',
      '--output',
      'json',
    ]);
    assert.equal(asked.code, 0, asked.stderr);
    const { queryResult } = JSON.parse(asked.stdout) as { queryResult: unknown[] };
    const [answer] = Array.isArray(queryResult) ? queryResult : [queryResult];
    assert.equal(progress.parse(answer).target, 2000);
    assert.equal(
      (await temporal(environment.address, ['workflow', 'cancel', '--workflow-id', 'my-run'])).code,
      0,
    );
    assert.match((await result('my-run')).stdout, /CANCELED/);
  });

  it('names rows of the hub, which a worker fetches where it may', async () => {
    const from = async (source: string, id: string) => {
      const input = JSON.stringify({ generate: { from: source }, tokenize: { heldOut: 0.999 } });
      assert.equal((await start('alpaca', id, '--input', input)).code, 0);
      return (await result(id)).stdout;
    };
    assert.match(
      await from('hf:other/rows', 'not-allowed'),
      /Set ALPACA_HUB_OWNERS of the data worker to owner,other/,
    );
    // One row is too few to train on; it was brought in and compared before that shows.
    await from('hf:owner/rows', 'allowed');
    const { stages } = progress.parse(await client.workflow.getHandle('allowed').query('progress'));
    assert.deepEqual(
      stages.slice(0, 3).map(({ name, state, note }) => [name, state, note]),
      [
        ['sample', 'done', ''],
        ['generate', 'done', 'brought in'],
        ['dedupe', 'done', '1 kept; 0 too similar in all, 0 exact duplicates'],
      ],
    );
  });

  it('takes a recipe, as `alpaca explain --json` prints it', async () => {
    const input = join(state, 'input.json');
    await writeFile(input, JSON.stringify(await buildRunInput({ recipe: 'demo' })));
    assert.equal((await start('alpaca', 'from-file', '--input-file', input)).code, 0);
    const asked = await temporal(environment.address, [
      'workflow',
      'query',
      '--workflow-id',
      'from-file',
      '--type',
      'progress',
    ]);
    assert.match(asked.stdout, /"target":\s*200/);
    await temporal(environment.address, ['workflow', 'cancel', '--workflow-id', 'from-file']);
    await result('from-file');
  });

  it('carries a whole run by Self-Instruct to a trained model', async () => {
    const input = {
      generate: { method: 'self-instruct', target: 24, promptsPerRequest: 2 },
      train: { epochs: 1 },
      evaluate: { maxInstructions: 2, maxNewTokens: 8 },
    };
    assert.equal((await start('alpaca', 'self-instruct', '--input', JSON.stringify(input))).code, 0);
    assert.match((await result('self-instruct')).stdout, /"COMPLETED"/);
    const whole = alpacaResult.parse(await client.workflow.getHandle('self-instruct').result());
    const { generate, train, tokenize } = whole;
    assert.deepEqual(
      generate.selfInstruct?.stages.map(({ stage }) => stage),
      ['instructions', 'classification'],
    );
    assert.ok(whole.rows >= 24, `${whole.rows} rows`);
    assert.equal(tokenize.tokens.rows + tokenize.heldOutTokens.rows, whole.rows);
    assert.ok(train.loss.after < train.loss.before, `${train.loss.before} to ${train.loss.after}`);
    assert.match(train.model.uri, /^artifact:\/\/model\//);
  });

  it('is told which field of a wrong input is wrong', async () => {
    await start('alpaca', 'wrong', '--input', '{"generate": {"target": "many"}}');
    assert.match((await result('wrong')).stdout, /generate\.target is \\"many\\": expected a number/);
    await start('train', 'unknown', '--input', '{"epoch": 1}');
    assert.match((await result('unknown')).stdout, /the input has no field \\"epoch\\"/);
  });

  const RESULTS = {
    sample: sampleResult,
    generate: generateResult,
    dedupe: dedupeResult,
    filter: filterResult,
    tokenize: tokenizeResult,
    train: trainResult,
    evaluate: evaluateResult,
    release: releaseResult,
  };
  for (const [step, schema] of Object.entries(RESULTS)) {
    // An epoch is enough to see; a whole run's three are `npm start`'s.
    const input = step === 'train' ? '{"epochs":1}' : '{}';
    it(`runs the step ${step} by itself on ${input}`, async () => {
      assert.equal((await start(step, `alone-${step}`, '--input', input)).code, 0);
      assert.match((await result(`alone-${step}`)).stdout, /"COMPLETED"/);
      // The CLI prints an empty array as null: the result itself is read by a client.
      schema.parse(await client.workflow.getHandle(`alone-${step}`).result());
    });
  }

  it('makes the schedule of docs/schedules.md, as it is typed there, beside those of alpaca', async () => {
    const [line = ''] =
      /^temporal schedule create .*$/m.exec(await readFile(`${ROOT}docs/schedules.md`, 'utf8')) ?? [];
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
    const made = await temporal(environment.address, words.slice(1));
    assert.equal(made.code, 0, made.stderr);
    const { next, cron, overlap: how } = await showSchedule(client, 'nightly');
    assert.match(next[0] ?? '', /T0[12]:00:00\.000Z$/);
    assert.deepEqual({ cron, how }, { cron: null, how: 'SKIP' });
    await changeSchedule(client, 'nightly', 'delete');
    const create = [
      'schedule',
      'create',
      'mine',
      '--cron',
      '@daily',
      '--overlap',
      'buffer-one',
      '--from',
      state,
    ];
    const { code, stdout, stderr } = await alpaca(state, create);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^mine {2}@daily UTC {2}next \S+T00:00:00\.000Z\n {2}new rows of \S+, on the last model\n/,
    );
    const { overlap, isPaused, started } = await showSchedule(client, 'mine');
    assert.deepEqual({ overlap, isPaused, started }, { overlap: 'BUFFER_ONE', isPaused: false, started: 0 });
    await changeSchedule(client, 'mine', 'delete');
  });

  it('is asked by the lines of docs/schedules.md, and leaves alone what another program’s schedule starts', async () => {
    const page = await readFile(`${ROOT}docs/schedules.md`, 'utf8');
    const said: string[] = [];
    for (const [line] of page.matchAll(/^npx alpaca schedule .*$/gm)) {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
      const { code, stdout, stderr } = await alpaca(
        state,
        words.slice(2).map((word) => word.replace('/data/rows', state)),
      );
      assert.equal(code, 0, stderr);
      said.push(stdout);
    }
    assert.equal(said.length, 3);
    assert.match(said[0] ?? '', /^nightly {2}0 3 \* \* \* Europe\/Berlin {2}next \S+T0[12]:00:00\.000Z\n/);
    assert.match(said[1] ?? '', /^nightly {2}0 3 \* \* \* Europe\/Berlin {2}next /m);
    assert.match(said[2] ?? '', /^nightly: a run is started/);
    await changeSchedule(client, 'nightly', 'delete');

    const of = ['--schedule-id', 'theirs', '--interval', '24h', '--type', 'theirs', '--task-queue', 'theirs'];
    assert.equal((await temporal(environment.address, ['schedule', 'create', ...of])).code, 0);
    for (const change of ['pause', 'delete'] as const)
      await assert.rejects(changeSchedule(client, 'theirs', change), { code: 'NotFound' });
    assert.equal((await client.schedule.getHandle('theirs').describe()).state.paused, false);
  });

  it('serves the model that the step train made, by the workflow’s id', async () => {
    const args = ['serve', '--model', 'tuned=run:alone-train', '--port', '0', '--json'];
    const { said, end } = await standing<{ baseUrl: string; models: string[] }>(state, args);
    assert.deepEqual(said.models, ['tuned']);
    const { data } = (await (await fetch(`${said.baseUrl}/models`)).json()) as { data: { id: string }[] };
    assert.deepEqual(
      data.map(({ id }) => id),
      ['tuned'],
    );
    assert.equal(await end(), 130);
  });

  it('talks to what was trained through the GPU worker, beside the built-in model', async () => {
    const openai = new OpenAI({ baseURL: `${environment.chatUrl}/v1`, apiKey: 'none', maxRetries: 0 });
    const names = (await openai.models.list()).data.map(({ id }) => id);
    assert.deepEqual(names, ['alone-train', 'builtin', 'self-instruct']);
    for (const model of ['alone-train', 'builtin']) {
      const answer = await openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Give three tips.' }],
        max_tokens: 8,
        temperature: 0,
      });
      assert.ok((answer.usage?.completion_tokens ?? 0) > 0);
    }
    const page = await (await fetch(`${environment.chatUrl}/?model=alone-train`)).text();
    assert.match(page, /<option value="alone-train" selected>/);
    await assert.rejects(
      openai.chat.completions.create({ model: 'no-run', messages: [{ role: 'user', content: 'Hello' }] }),
      { status: 404, code: 'model_not_found' },
    );
  });

  it('finds everything on the web service too', async () => {
    const page = await fetch(`${environment.webUrl}/`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /my-run/);
  });

  it('has its API asked by the lines of docs/api.md', async () => {
    const lines = (await readFile(`${ROOT}docs/api.md`, 'utf8')).match(/^curl .*$/gm) ?? [];
    assert.equal(lines.length, 4);
    let id = 'WORKFLOW_ID';
    const shell = async (line = '', more = '') => {
      const here = line
        .replace('127.0.0.1:8288', new URL(environment.webUrl).host)
        .replace('WORKFLOW_ID', id);
      return (await promisify(execFile)('sh', ['-c', `${here} --silent ${more}`])).stdout;
    };
    const [start, show, follow, pause] = lines;
    id = JSON.parse(await shell(start)).workflowId;
    assert.equal(JSON.parse(await shell(show)).workflowId, id);
    assert.equal(JSON.parse(await shell(pause)).paused, true);
    // It goes on for as long as the run does.
    const events = await shell(follow, '--max-time 3 || test $? = 28');
    assert.match(events, /^id: 1-[0-9a-f]{16}\nevent: run\ndata: \{/);
    await client.workflow.getHandle(id).cancel();
  });
});
