import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { createToken } from '../../../../../workers/runs/access/tokens.ts';
import { type AlpacaResult, alpacaResult } from '../../../../../workflows/contracts/pipeline.ts';
import { finishedRun } from '../../../activities/release/release-run.ts';
import { apiService, asked, completedRun } from '../api/scripted-api.ts';
import { agentClient } from './agent-client.ts';

/** Each tool as the official client has it, against a web service whose runs are written down. */
describe('an agent', () => {
  let root: string;
  let store: ArtifactStore;
  let app: FastifyInstance;
  let models: Server;
  let spender: string;
  let reader: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-mcp-'));
    store = createLocalStore({ root });
    const about = { usdPerDay: 5, expiresAt: null };
    spender = (await createToken(store, { name: 'Ann', role: 'spend', ...about })).token;
    reader = (await createToken(store, { name: 'Rea', role: 'read', ...about })).token;
    completedRun.result = await resultIn(store);
    models = createServer((request, response) => {
      const isThere = request.headers.authorization === 'Bearer of-the-models';
      response.writeHead(isThere ? 200 : 401, { 'content-type': 'application/json' });
      const message = { role: 'assistant', content: 'The Rhine.' };
      response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    }).listen(0, '127.0.0.1');
    await once(models, 'listening');
    const address = models.address();
    assert.ok(typeof address === 'object' && address);
    app = await serve(`http://127.0.0.1:${address.port}`);
  });
  after(async () => {
    completedRun.result = null;
    await app.close();
    models.close();
    await rm(root, { recursive: true, force: true });
  });

  const serve = (chatUrl: string | null) => {
    const place = { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null, chatUrl };
    return apiService(store, { place, chatToken: 'of-the-models' });
  };
  const call = async (name: string, given: Record<string, unknown>, token = spender) => {
    const client = await agentClient(app, { token });
    const { content, structuredContent, isError } = await client.callTool({ name, arguments: given });
    await client.close();
    const [first] = content;
    return { text: first?.type === 'text' ? first.text : '', structured: structuredContent, isError };
  };

  it('is told of twelve tools in under 20 kB, and of each what it may do', async () => {
    const client = await agentClient(app, { token: reader });
    const { tools } = await client.listTools();
    await client.close();
    const hints = tools.map(({ name, annotations = {} }) => {
      const { readOnlyHint, destructiveHint, openWorldHint } = annotations;
      return [name, readOnlyHint ? 'reads' : destructiveHint ? 'destroys' : 'changes', openWorldHint];
    });
    assert.deepEqual(hints, [
      ['estimate_run', 'reads', false],
      ['start_run', 'changes', true],
      ['list_runs', 'reads', false],
      ['follow_run', 'reads', false],
      ['pause_run', 'changes', false],
      ['resume_run', 'changes', false],
      ['stop_generating', 'destroys', false],
      ['set_budget', 'changes', true],
      ['cancel_run', 'destroys', false],
      ['read_report', 'reads', false],
      ['ask_model', 'reads', false],
      ['describe_settings', 'reads', false],
    ]);
    assert.ok(tools.every(({ outputSchema }) => outputSchema?.type === 'object'));
    const bytes = Buffer.byteLength(JSON.stringify(tools));
    assert.ok(bytes < 20_000, `${bytes} bytes`);
  });

  it('that speaks the protocol of 2025 has the same tools', async () => {
    const client = await agentClient(app, { token: spender, mode: 'legacy' });
    const { structuredContent } = await client.callTool({ name: 'list_runs', arguments: { limit: 1 } });
    await client.close();
    assert.deepEqual(
      Object(structuredContent).runs.map(({ runId }: { runId: string }) => runId),
      ['second'],
    );
  });

  it('is told what a run would take', async () => {
    const { text, structured } = await call('estimate_run', { input: { generate: { target: 5 } } });
    assert.equal(text, 'It costs nothing.');
    assert.deepEqual(structured, { generation: null, evaluation: null, lines: ['It costs nothing.'] });
    assert.deepEqual(asked.at(-1)?.input, { generate: { target: 5 } });
  });

  describe('starts a run', () => {
    it('with a budget, which is said beside the input, under its own name', async () => {
      const given = { budgetUsd: 2, input: { generate: { target: 5 } }, key: 'night' };
      const { text, structured } = await call('start_run', given);
      assert.equal(text, 'Started alpaca-1. next: follow_run');
      assert.deepEqual(structured, { workflow: 'alpaca', workflowId: 'alpaca-1', runId: 'first' });
      const { visitor, ...request } = asked.at(-1) ?? assert.fail();
      assert.equal(visitor.name, 'Ann');
      const input = { generate: { target: 5 }, budgetUsd: 2 };
      assert.deepEqual(request, { workflow: 'alpaca', key: 'night', input });
    });

    it('that spends nothing, with a budget of 0, which leaves its input as it is', async () => {
      await call('start_run', { workflow: 'train', budgetUsd: 0, input: { epochs: 1 } });
      assert.deepEqual(asked.at(-1)?.input, { epochs: 1 });
    });

    it('never without a budget, with one above its bound, with two, or for what spends nothing', async () => {
      const before = asked.length;
      for (const [given, refusal] of [
        [{}, /budgetUsd: Invalid input: expected number, received undefined/],
        [{ budgetUsd: 5.01 }, /budgetUsd: Too big: expected number to be <=5/],
        [{ budgetUsd: null }, /budgetUsd: Invalid input: expected number, received null/],
        [
          { budgetUsd: 1, input: { budgetUsd: 1 } },
          /^The input is wrong: budgetUsd is said beside the input/,
        ],
        [
          { workflow: 'train', budgetUsd: 1 },
          /^The call is wrong: .* expected 0, since train spends nothing/,
        ],
        [{ budgetUsd: 0, nothing: 1 }, /Unrecognized key: "nothing"/],
      ] as const) {
        const { isError, text } = await call('start_run', given);
        assert.equal(isError, true);
        assert.match(text, refusal);
      }
      assert.equal(asked.length, before);
    });
  });

  it('follows a run: how it stands, in words and as values, and what comes next', async () => {
    const { text, structured } = await call('follow_run', { run: 'x' });
    assert.equal(
      text,
      'x (alpaca): RUNNING\nnext: follow_run again; it goes on whether or not anybody follows it',
    );
    assert.deepEqual(structured, {
      ...{
        workflowId: 'x',
        runId: 'first',
        workflow: 'alpaca',
        status: 'RUNNING',
        closedAt: null,
        doing: '',
      },
      ...{ waitsFor: null, stages: [], accepted: 5, target: null, costUsd: 0, budgetUsd: null },
      ...{ secondsLeftInStage: null, failure: null },
    });
    const ended = await call('follow_run', { run: 'done', waitSeconds: 50 });
    assert.match(ended.text, /^done \(alpaca\): COMPLETED\nnext: read_report, ask_model$/);
  });

  it('pauses, resumes, ends generation, sets the budget and cancels', async () => {
    for (const [tool, update, said] of [
      ['pause_run', 'pause', {}],
      ['resume_run', 'resume', {}],
      ['stop_generating', 'stopEarly', {}],
      ['set_budget', 'setBudget', { budgetUsd: 3 }],
    ] as const) {
      const { structured } = await call(tool, { run: 'x', ...said });
      assert.equal(Object(structured).target, 5);
      const { visitor: _, ...rest } = asked.at(-1) ?? assert.fail();
      assert.deepEqual(rest, { run: 'x', name: update, body: said, key: null });
    }
    assert.deepEqual((await call('cancel_run', { run: 'x' })).structured, { workflowId: 'x' });
    assert.equal(asked.at(-1)?.run, 'x');
  });

  it('reads a report, its figures and the cards of data and model', async () => {
    const { text, structured } = await call('read_report', { run: 'done' });
    assert.match(text, /^rows {11}1003\n/);
    assert.match(text, /dataset {8}artifact:\/\/dataset\/[0-9a-f]{64}\/data.json\n/);
    assert.match(text, /exact match {4}20 of 80 \(95% interval 17% to 36%\)/);
    const { rows, loss, workflowId } = Object(structured);
    assert.deepEqual(
      { rows, loss, workflowId },
      { rows: 1003, loss: { before: 8.01, after: 2.43 }, workflowId: 'done' },
    );
    assert.equal((await call('read_report', { run: 'done', part: 'data' })).text, '# The data');
    assert.equal((await call('read_report', { run: 'done', part: 'model' })).text, '# The model');
  });

  it('is told by errors what to do: a run without a report, one that is not there, a role that is too low', async () => {
    for (const [name, given, message, token] of [
      [
        'read_report',
        { run: 'x' },
        'x goes on, and has no report yet. Follow it with follow_run until it has ended.',
        spender,
      ],
      [
        'read_report',
        { run: 'empty' },
        'empty found too few new rows to train on, and no run before it had trained. A later run of its schedule that trains has a report; list_runs has them.',
        spender,
      ],
      ['follow_run', { run: 'absent' }, 'There is no run absent.', spender],
      ['follow_run', { run: 'absent', waitSeconds: 1 }, 'There is no run absent.', spender],
      [
        'ask_model',
        { model: 'x', question: 'Hm?' },
        /^This takes the role run .* Make a token of that role/,
        reader,
      ],
      ['describe_settings', { section: 'x' }, /^The input of alpaca has no x\. It has runSeed, /, reader],
    ] as const) {
      const { isError, text } = await call(name, given, token);
      assert.equal(isError, true);
      if (typeof message === 'string') assert.equal(text, message);
      else assert.match(text, message);
    }
  });

  it('asks the model, or is told that nobody serves it', async () => {
    const question = { model: 'done', question: 'Name a river.' };
    const { text, structured } = await call('ask_model', question);
    assert.equal(text, 'The Rhine.');
    assert.deepEqual(structured, { answer: 'The Rhine.', finishReason: 'stop' });
    for (const [url, message] of [
      [null, /^No server of models is known here\. Start the environment/],
      [
        'http://127.0.0.1:1',
        /^The server of models at http:\/\/127\.0\.0\.1:1 does not answer\. A GPU worker/,
      ],
    ] as const) {
      const without = await serve(url);
      const client = await agentClient(without, { token: spender });
      const { content, isError } = await client.callTool({ name: 'ask_model', arguments: question });
      assert.equal(isError, true);
      assert.match(content[0]?.type === 'text' ? content[0].text : '', message);
      await client.close();
      await without.close();
    }
  });

  it('learns what an input may have: sections by name, and one of them whole', async () => {
    const { structured, text } = await call('describe_settings', {});
    assert.ok(text.length < 16_000, `${text.length} characters`);
    const { generate, filter, runSeed } = Object(structured).schema.properties;
    assert.equal(generate.section, 'describe_settings with section "generate"');
    assert.ok(generate.fields.includes('target'));
    assert.ok(filter.fields.includes('decontaminate'));
    assert.equal(runSeed.type, 'integer');
    const section = await call('describe_settings', { section: 'generate' });
    assert.equal(Object(section.structured).schema.properties.target.default, 2000);
    const step = await call('describe_settings', { workflow: 'train', section: 'epochs' });
    assert.equal(Object(step.structured).schema.default, 3);
  });

  describe('over HTTP', () => {
    const post = (headers: Record<string, string>) =>
      app.inject({
        ...{ method: 'POST', url: '/mcp', payload: { jsonrpc: '2.0', id: 1, method: 'tools/list' } },
        headers: { host: 'localhost', accept: 'application/json, text/event-stream', ...headers },
      });

    it('is no page of another origin, calls this machine by its own name, and needs a token where one is set', async () => {
      assert.equal((await post({})).statusCode, 200);
      assert.equal((await post({ origin: 'http://evil.example' })).statusCode, 403);
      assert.equal((await post({ 'sec-fetch-site': 'cross-site' })).statusCode, 403);
      assert.equal((await post({ host: 'evil.example' })).statusCode, 421);
      assert.equal(
        (await post({ authorization: `Bearer alpaca_${'0'.repeat(12)}_${'x'.repeat(43)}` })).statusCode,
        401,
      );
    });

    it('without a token grants no money, and has no session', async () => {
      const client = await agentClient(app);
      const { content } = await client.callTool({ name: 'start_run', arguments: { budgetUsd: 1 } });
      assert.match(
        content[0]?.type === 'text' ? content[0].text : '',
        /budgetUsd: Too big: expected number to be <=0/,
      );
      await client.close();
      const { statusCode } = await app.inject({ url: '/mcp', headers: { host: 'localhost' } });
      assert.equal(statusCode, 405);
    });
  });
});

async function resultIn(store: ArtifactStore): Promise<AlpacaResult> {
  const folder = join(await store.workspace('mcp'), 'release');
  await mkdir(join(folder, 'model'), { recursive: true });
  await writeFile(join(folder, 'README.md'), '# The data');
  await writeFile(join(folder, 'model', 'README.md'), '# The model');
  const release = await store.take('release', folder, { madeBy: 'test' });
  const rows = JSON.stringify([{ instruction: 'Name a river.', input: '', output: 'The Rhine.' }]);
  const dataset = await store.putFile('dataset', 'data.json', rows, { madeBy: 'test' });
  const { workflowId: _, runId: __, input: ___, ...steps } = finishedRun(dataset, dataset, dataset);
  const released = { release, report: dataset, dataset };
  return alpacaResult.parse({ ...steps, release: released, rows: 1003, dataset, costUsd: 1.25 });
}
