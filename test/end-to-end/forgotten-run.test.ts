import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Connection } from '@temporalio/client';
import OpenAI from 'openai';
import type { RunSummary } from '../../workers/runs/summary.ts';
import { alpaca, type Environment, standing, up } from './command.ts';
import { runDocumented } from './openai/documented.ts';

/** A whole run, small. */
const RUN = [
  ...['run', '--json', '--workflow-id', 'forgotten-run', '--set', 'generate.target=60'],
  ...['--set', 'train.epochs=1', '--set', 'evaluate.maxInstructions=4'],
  ...['--set', 'evaluate.maxNewTokens=8'],
];

/** A run, and then another server in place of its own: what takes a run's id goes on as before. */
describe('a run whose server is gone', () => {
  let state: string;
  let summary: RunSummary;
  const succeeds = async (...args: string[]) => {
    const { code, stdout, stderr } = await alpaca(state, args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  };
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-forgotten-'));
    summary = await succeeds(...RUN);
    for (const name of await readdir(state)) if (name.startsWith('temporal.db')) await rm(join(state, name));
  });
  after(() => rm(state, { recursive: true, force: true }));

  it('is released, reported and watched without any server', async () => {
    const { rows } = await succeeds('report', 'forgotten-run', '--out', join(state, 'page.html'), '--json');
    assert.equal(rows, summary.rows);
    const watched = await succeeds('watch', 'forgotten-run', '--json');
    assert.deepEqual(watched, { ...summary, uiUrl: null });
    const judged = await succeeds('pairs', 'forgotten-run', '--out', join(state, 'pairs.jsonl'), '--json');
    assert.ok(judged.pairs > 0, 'its judged pairs are rows for DPO trainers');
    const released = await succeeds('release', summary.runId, '--out', join(state, 'out'), '--json');
    assert.equal(released.dataset.sha256, summary.datasetDigest);
    const { run } = JSON.parse(await readFile(join(state, 'out', 'manifest.json'), 'utf8'));
    assert.deepEqual([run.workflowId, run.runId], ['forgotten-run', summary.runId]);
  });

  describe('with another one up', () => {
    let environment: Environment;
    let end: () => Promise<number>;
    before(async () => {
      ({ environment, end } = await up(state));
    });
    after(() => end());

    it('has its page, its report and its files', async () => {
      const page = await fetch(`${environment.webUrl}/runs/forgotten-run`);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /no longer/);
      assert.equal((await fetch(`${environment.webUrl}/runs/forgotten-run/report`)).status, 200);
      assert.match(await (await fetch(environment.webUrl)).text(), />forgotten-run<\/a>/);
      const byRunId = await (await fetch(`${environment.webUrl}/runs/${summary.runId}`)).text();
      assert.ok(
        byRunId.includes(`/runs/${summary.runId}/report`),
        'a page by run id leads to what is of that run',
      );
    });

    it('has its model talked to', async () => {
      const client = new OpenAI({ baseURL: `${environment.chatUrl}/v1`, apiKey: 'none' });
      const ids = (await client.models.list()).data.map(({ id }) => id);
      assert.deepEqual(ids, ['forgotten-run', 'builtin']);
      const { choices } = await client.completions.create({
        model: 'forgotten-run',
        prompt: 'Hello',
        max_tokens: 2,
      });
      assert.equal(choices.length, 1);
      const { said, end: stop } = await standing<{ models: string[] }>(state, [
        ...['serve', '--json', '--port', '0', '--model', 'tuned=run:forgotten-run'],
      ]);
      assert.deepEqual(said.models, ['tuned']);
      await stop();
    });

    it('is compared by people', async () => {
      const { raters } = await succeeds('rate', '--json', '--evaluation', 'forgotten-run', '--raters', '1');
      assert.equal(raters.length, 1);
    });

    it('survives a pruning', async () => {
      const pruned = await succeeds('prune', '--json', '--delete', '--older-than', '0');
      assert.equal(pruned.deleted, true);
      await succeeds(
        'release',
        'forgotten-run',
        '--out',
        join(state, 'again'),
        '--weights',
        'model',
        '--json',
      );
      await succeeds('report', 'forgotten-run', '--out', join(state, 'again.html'), '--json');
    });

    it('is forgotten for good where a person asks for it', async () => {
      assert.deepEqual(await succeeds('forget', 'forgotten-run', '--json'), {
        ...{ workflowId: 'forgotten-run', records: 1, histories: 0 },
      });
      const { code, stderr } = await alpaca(state, [
        'release',
        'forgotten-run',
        '--out',
        join(state, 'third'),
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /Neither the store .* nor the Temporal server .* knows a run forgotten-run/);
      assert.equal((await fetch(`${environment.webUrl}/runs/forgotten-run`)).status, 404);
    });

    it('fine-tunes by OpenAI’s own client, as the docs say', async () => {
      const printed = await runDocumented('js', process.execPath, `${environment.chatUrl}/v1`);
      const [, , bytes, row, succeeded = ''] = printed;
      assert.deepEqual([bytes, JSON.parse(row ?? '').messages.length], ['1178', 2]);
      const [, model, id] = /^succeeded (ft:builtin:alpaca:yes-sayer:(\w{32})) 1012$/.exec(succeeded) ?? [];
      assert.equal(printed[6], `New fine-tuned model created: ${model}`);
      const steps = printed.flatMap((line) => /^Step (\d\/6: training loss=\d)\.\d\d/.exec(line)?.[1] ?? []);
      assert.equal(steps.length, 6, 'six steps, each an event');
      const checkpoints = printed.filter((line) => /^[36] \d\.\d+ \d\.\d+$/.test(line));
      assert.equal(checkpoints.length, 2, 'one of each epoch');
      const text = printed.join('\n');
      assert.match(text, /\nstep,train_loss,valid_loss\n1,\d\.\d+,\n2,\d\.\d+,\n3,\d\.\d+,\d\.\d+\n/);
      assert.ok(text.includes("role: 'assistant'"));
      assert.match(text, /\ncancelled\nftjob-\w+ cancelled\n/);
      assert.ok(text.includes(`ftjob-${id} succeeded`));
      assert.equal(text.match(/deleted: true/g)?.length, 2);
      const page = await fetch(`${environment.webUrl}/runs/ftjob-${id}`);
      assert.equal(page.status, 200, 'the job’s id is the run’s');
    });

    it('is asked in a shell, as the docs say', async () => {
      const printed = await runDocumented('sh', 'bash', `${environment.chatUrl}/v1`);
      const [file, files, jobs] = printed.map((line) => JSON.parse(line));
      assert.equal(file.object, 'file');
      assert.ok(files.data.some(({ id }: { id: string }) => id === file.id));
      assert.deepEqual(
        jobs.data.map((job: { status: string; metadata: object }) => [job.status, job.metadata]),
        [['succeeded', { team: 'docs' }]],
      );
    });

    it('would be remembered by that server for ten years', async () => {
      const connection = await Connection.connect({ address: environment.address });
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 315_360_000);
    });
  });
});
