import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { createLocalStore } from '../../activities/artifacts/store.ts';
import { createDedupeActivities } from '../../activities/dedupe/activities.ts';
import { buildCorpus } from '../../bench/dedupe/corpus.ts';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import type { DedupeResult } from '../../workflows/contracts/steps.ts';
import { type Harness, startHarness } from './harness.ts';
import { reference, scripted } from './scripted-activities.ts';

describe('the dedupe workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await startHarness();
  });
  after(() => harness.close());

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
        assert.match(String(error.cause?.cause), /no such rows/);
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
