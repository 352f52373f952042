import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import type { RunSource } from '../../../../workers/runs/runs.ts';
import { artifactReference } from '../../../../workflows/contracts/data.ts';
import { alpacaResult } from '../../../../workflows/contracts/pipeline.ts';
import { finishedRun } from '../../activities/release/release-run.ts';
import { apiService, scriptedRuns } from './api/scripted-api.ts';

const HOST = { host: '127.0.0.1:8288', accept: 'text/html' };

describe('where the header leads', () => {
  const nowhere = { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null, chatUrl: null };
  const places = { ...nowhere, temporalUiUrl: 'http://127.0.0.1:8233', chatUrl: 'http://127.0.0.1:8289' };
  let root: string;
  let known: FastifyInstance;
  let unknown: FastifyInstance;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-site-'));
    const store = createLocalStore({ root });
    known = await apiService(store, { place: places, runs: withResultOf('first') });
    unknown = await apiService(store, { place: nowhere });
  });
  after(async () => {
    await Promise.all([known.close(), unknown.close()]);
    await rm(root, { recursive: true });
  });

  it('is the chat, the report of the latest run that has one, and Temporal’s pages', async () => {
    const led = async (url: string) => (await known.inject({ url, headers: HOST })).headers.location;
    assert.deepEqual(await Promise.all(['/chat', '/report', '/temporal'].map(led)), [
      ...['http://127.0.0.1:8289', '/runs/first/report', 'http://127.0.0.1:8233'],
    ]);
  });

  it('is a page that says how to get there where there is no such place', async () => {
    for (const [url, text] of [
      ['/chat', 'Start one with <code>npx alpaca serve</code>'],
      ['/temporal', '<code>ALPACA_TEMPORAL_UI_URL</code>'],
      ['/report', 'No run has a report yet'],
      ['/runs/empty/report', 'empty found too few new rows to train on'],
      ['/runs/one/report', 'The run one has no report'],
    ] as const) {
      const { statusCode, body } = await unknown.inject({ url, headers: HOST });
      assert.equal(statusCode, 404);
      assert.ok(body.includes(text) && body.includes('<header class="site">'), url);
    }
  });

  it('stands on every page of runs', async () => {
    for (const url of ['/', '/start', '/runs/one', '/runs/absent']) {
      const { body } = await known.inject({ url, headers: HOST });
      const links = body.match(/(?<=<header class="site">.*href=")[^"]*/g);
      assert.equal(links?.length, 4, url);
    }
  });
});

/** Of the runs that are listed one alone came to something. */
function withResultOf(runId: string): RunSource {
  const file = artifactReference.parse({
    ...{ sha256: '0'.repeat(64), bytes: 2, rows: 1 },
    uri: `artifact://dataset/${'0'.repeat(64)}/data.json`,
  });
  const { workflowId: _, runId: __, input: ___, ...steps } = finishedRun(file, file, file);
  const release = { release: file, report: file, dataset: file };
  const result = alpacaResult.parse({ ...steps, release, rows: 1, dataset: file, costUsd: 0 });
  return {
    ...scriptedRuns,
    view: async (id) => ({ ...(await scriptedRuns.view(id)), ...(id === runId && { result }) }),
  };
}
