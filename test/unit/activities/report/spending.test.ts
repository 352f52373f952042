import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { readSpending } from '../../../../activities/report/spending.ts';
import { openLedger } from '../../../../activities/teacher/ledger/ledger.ts';
import type { DataRow } from '../../../../workflows/contracts/data.ts';
import type { RequestYield } from '../../../../workflows/contracts/generate.ts';

const key = (request: number) => `a${request}`.repeat(4);

const fromRequest = (request: number): DataRow => ({
  ...{ instruction: 'Name a river.', input: '', output: 'Mekong' },
  provenance: { request, prompt: 0, segment: 0, ledgerKey: key(request) },
});

const request = (number: number, costUsd: number): RequestYield => ({
  ...{
    request: number,
    asked: 1,
    parsed: 1,
    malformed: 0,
    filtered: {},
    similar: 0,
    accepted: 1,
    refused: 0,
  },
  ...{ promptTokens: 10, completionTokens: 20, costUsd },
});

describe('spending over time', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-spending-'));
    store = createLocalStore({ root });
    const ledger = openLedger(store, 'mine');
    for (const [number, minute] of [
      [0, 5],
      [2, 1],
    ] as const)
      await ledger.record({
        ...{ key: key(number), occurrence: 0, request: { style: 'chat', model: 'm' }, outcome: 'answered' },
        ...{ text: 'A river.', finishReason: 'stop', usage: null, maxTokens: 10, costUsd: 1, model: 'm' },
        ...{ profile: 'p', paidBy: 'run', time: `2026-01-01T00:0${minute}:00.000Z` },
      });
  });
  after(() => rm(root, { recursive: true, force: true }));

  const minute = (minutes: number) => Date.UTC(2026, 0, 1, 0, minutes);
  const requests = [request(0, 1), request(1, 2), request(2, 4)];

  it('goes by the ledger’s clock; a request without rows was answered with the one before it', async () => {
    const spending = await readSpending(store, 'mine', [fromRequest(0), fromRequest(2)], requests);
    assert.deepEqual(
      spending.map(({ at, costUsd }) => [at, costUsd]),
      [
        [minute(1), 4],
        [minute(5), 1],
        [minute(5), 2],
      ],
    );
  });

  it('is empty where the ledger is not here', async () => {
    assert.deepEqual(await readSpending(store, 'another', [fromRequest(0)], requests), []);
  });
});
