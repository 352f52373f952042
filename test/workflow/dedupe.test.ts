import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { createDedupeActivities } from '../../activities/dedupe/activities.ts';
import { createEmbeddingClient } from '../../activities/teacher/embeddings.ts';
import { loadProfiles } from '../../activities/teacher/profile/profiles.ts';
import { buildCorpus } from '../../bench/dedupe/corpus.ts';
import type { LoggedRequest } from '../../workers/offline-teacher/request-log.ts';
import { startOfflineTeacher } from '../../workers/offline-teacher/server.ts';
import type { DedupeResult } from '../../workflows/contracts/dedupe.ts';
import { duplicatesReport } from '../../workflows/contracts/dedupe.ts';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import { progressQuery } from '../../workflows/messages.ts';
import { NO_FAULTS } from '../unit/workers/offline-teacher/no-faults.ts';
import type { Harness } from './harness.ts';
import { reference, scripted } from './scripted-activities.ts';
import { sharedHarness } from './shared-harness.ts';

/** Row 1 and row 4 are row 0 in another order, row 3 is row 2 but for case. */
const SEMANTIC = [
  'Write a short poem about the sea at night.',
  'At night, write about the sea a short poem.',
  'Name a river in Asia.',
  'name a river in asia',
  'About the sea at night: a short poem, write.',
];

describe('the dedupe workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('is one activity where nothing is divided', async () => {
    const calls: string[] = [];
    const script = {
      dedupeRows: async (input: Parameters<typeof scripted.dedupeRows>[0]) => {
        calls.push('dedupeRows');
        return scripted.dedupeRows(input);
      },
      planPartitions: async () => assert.fail('there is nothing to divide'),
    };
    await harness.withWorker(script, async (start) => {
      const result = (await (await start('dedupe')).result()) as DedupeResult;
      assert.equal(result.data.rows, 10);
    });
    assert.deepEqual(calls, ['dedupeRows']);
  });

  it('searches partitions in parallel, and decides from the pairs of all in their order', async () => {
    const { promise: allStarted, resolve } = Promise.withResolvers<void>();
    const searched: number[] = [];
    let resolved: unknown;
    const script: Partial<typeof scripted> = {
      findPairs: async ({ partition, rows, partitions, longest }) => {
        assert.deepEqual([rows.rows, partitions, longest], [5, 4, 12]);
        searched.push(partition);
        if (searched.length === 4) resolve();
        await allStarted;
        return { pairs: reference('pairs', partition, String(partition)) };
      },
      resolvePairs: async (input) => {
        resolved = input.pairs;
        return scripted.resolvePairs(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      await (await start('dedupe', { data: reference('dataset', 40), partitions: 4 })).result();
    });
    assert.deepEqual(searched.sort(), [0, 1, 2, 3]);
    assert.deepEqual(
      resolved,
      [0, 1, 2, 3].map((partition) => reference('pairs', partition, String(partition))),
    );
  });

  it('fails with the reason of a partition that cannot be searched', async () => {
    const script: Partial<typeof scripted> = {
      findPairs: async ({ partition }) => {
        if (partition === 1) throw ApplicationFailure.nonRetryable('no such rows', 'NotFound');
        return { pairs: reference('pairs', 0, String(partition)) };
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('dedupe', { partitions: 3 });
      await assert.rejects(handle.result(), (error) => {
        assert.ok(error instanceof WorkflowFailedError);
        assert.match(String(error.cause), /no such rows/);
        return true;
      });
    });
  });

  it('divides the same way inside the whole pipeline', async () => {
    let parts = 0;
    const script: Partial<typeof scripted> = {
      findPairs: async (input) => {
        parts += 1;
        return scripted.findPairs(input);
      },
    };
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', { generate: { target: 60 }, dedupe: { partitions: 3 } });
      assert.equal(((await handle.result()) as AlpacaResult).rows, 60);
    });
    assert.equal(parts, 3);
  });

  it('compares a whole run as its rounds were, leaves rows of their own to what they are, and says by what', async () => {
    const asked: unknown[] = [];
    const dedupeRows: typeof scripted.dedupeRows = async (input) => {
      asked.push(input.tokenization);
      const unseen = { tokenization: 'unicode', withoutTokens: 8 } as const;
      return { ...(await scripted.dedupeRows(input)), ...unseen };
    };
    const sampleSeeds: typeof scripted.sampleSeeds = async (input) => ({
      ...(await scripted.sampleSeeds(input)),
      tokenization: input.language === 'ko' ? 'syllable-pairs' : 'rouge',
    });
    await harness.withWorker({ dedupeRows, sampleSeeds }, async (start) => {
      for (const [workflow, input] of [
        ['alpaca', {}],
        ['alpaca', { language: 'ko' }],
        ['alpaca', { dedupe: { tokenization: 'rouge' } }],
        ['dedupe', {}],
      ] as const) {
        const handle = await start(workflow, input);
        await handle.result();
        const { stages } = await handle.query(progressQuery);
        const note = stages.find(({ name }) => name === 'dedupe')?.note;
        assert.match(
          String(note),
          /; 8 of \d+ instructions are mostly of words without a-z or 0-9, .*: all were compared by/,
        );
      }
    });
    assert.deepEqual(asked, ['rouge', 'syllable-pairs', 'rouge', null]);
  });

  it('waits where embeddings reach the budget, and goes on after setBudget', async () => {
    const budgets: (number | null)[] = [];
    const dedupeRows: typeof scripted.dedupeRows = async (input) => {
      budgets.push(input.budgetUsd);
      if (budgets.length > 1) return scripted.dedupeRows(input);
      throw ApplicationFailure.nonRetryable('The budget of $1 is reached.', 'BudgetReached');
    };
    await harness.withWorker({ dedupeRows }, async (start) => {
      const handle = await start('dedupe', { embedding: { teacher: 'offline' }, budgetUsd: 1 });
      const progress = () => handle.query(progressQuery);
      for (let tries = 0; (await progress()).state !== 'paused'; tries += 1) {
        assert.ok(tries < 200, 'it never waited');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { pauseKind, pauseReason } = await progress();
      assert.deepEqual([pauseKind, pauseReason], ['budget', 'The budget of $1 is reached.']);
      await handle.executeUpdate('setBudget', { args: [3] });
      assert.equal(((await handle.result()) as DedupeResult).data.rows, 10);
      assert.equal((await progress()).state, 'done');
      assert.deepEqual(budgets, [1, 3]);
    });
  });

  it('drops semantic duplicates after ROUGE-L, the same in partitions, and embeds each text once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-dedupe-embedding-'));
    const log = join(folder, 'requests.jsonl');
    const teacher = await startOfflineTeacher({ log, faults: NO_FAULTS });
    try {
      const store = createLocalStore({ root: join(folder, 'store') });
      const rows = SEMANTIC.map((instruction) => ({ ...{ instruction, input: '', output: 'x' } }));
      const data = await store.putFile('dataset', 'rows.jsonl', toJsonLines(rows), {
        ...{ madeBy: 'test', rows: rows.length },
      });
      const profiles = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
      const activities = createDedupeActivities({
        store,
        clientFor: (settings) =>
          createEmbeddingClient(profiles.get(settings.teacher), {}, { model: settings.model }),
      });
      await harness.withWorker(activities, async (start) => {
        const input = { data, embedding: { teacher: 'offline', threshold: 0.8 } };
        const whole = (await (await start('dedupe', input)).result()) as DedupeResult;
        assert.deepEqual([whole.data.rows, whole.rejected.rows, whole.similarity?.rows], [2, 3, 2]);
        assert.deepEqual(whole.embedding, {
          ...{ model: 'offline-hashing', dimensions: 256, rejected: 2, clusters: 1, largestCluster: 2 },
          ...{ sent: 4, lost: 0, promptTokens: 52, costUsd: 0 },
        });
        const report = duplicatesReport.parse(
          JSON.parse(await readFile(await store.open(whole.report), 'utf8')),
        );
        assert.deepEqual(
          report.embedding?.clusters.listed.map(({ kept, size, rejected }) => [
            kept.row,
            size,
            rejected.map(({ row, cosine }) => [row, cosine > 0.8]),
          ]),
          [
            [
              0,
              2,
              [
                [1, true],
                [4, true],
              ],
            ],
          ],
        );
        const divided = (await (await start('dedupe', { ...input, partitions: 3 })).result()) as DedupeResult;
        assert.equal(divided.embedding?.sent, 0);
        const { embedding: _, ...artifacts } = whole;
        const { embedding: __, ...dividedArtifacts } = divided;
        assert.deepEqual(dividedArtifacts, artifacts);
      });
      const answered = (await readFile(log, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as LoggedRequest)
        .filter(({ status, fault }) => status === 200 && fault === null);
      assert.deepEqual(
        answered.map(({ path, prompts }) => [path, prompts.length]),
        [['/v1/embeddings', 4]],
      );
    } finally {
      await teacher.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('gives the same artifacts in one activity and in partitions, with the real activities', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-dedupe-workflow-'));
    try {
      const store = createLocalStore({ root: folder });
      const rows = buildCorpus({ rows: 2000, nearDuplicates: 300, atThreshold: 30 }).map((instruction) => ({
        ...{ instruction, input: '', output: 'x' },
      }));
      const data = await store.putFile('dataset', 'rows.jsonl', toJsonLines(rows), {
        ...{ madeBy: 'test', rows: rows.length },
      });
      await harness.withWorker(createDedupeActivities({ store }), async (start) => {
        const whole = (await (await start('dedupe', { data })).result()) as DedupeResult;
        assert.ok(whole.rejected.rows > 250, `${whole.rejected.rows} rejected`);
        const divided = await (await start('dedupe', { data, partitions: 5 })).result();
        assert.deepEqual(divided, whole);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
