import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readRunIndex, readRunRecords, writeRunRecord } from '../../../../activities/artifacts/run-index.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import type { RunRecord } from '../../../../workflows/contracts/run/record.ts';

const RUN: RunRecord = {
  ...{ workflowId: 'my-run', runId: 'run-1', type: 'sample', namespace: 'default', status: 'COMPLETED' },
  ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T11:00:00.000Z' },
  ...{ startedBy: 'ada', updates: [], input: {}, result: { rows: 5 }, failure: null },
};
/** The same id used again, on another server. */
const AGAIN: RunRecord = {
  ...{ ...RUN, runId: 'run-2', namespace: 'other', status: 'FAILED' },
  ...{ startedAt: '2026-11-02T10:00:00.000Z', closedAt: '2026-11-02T11:00:00.000Z' },
  ...{ result: null, failure: 'No seeds.' },
};

describe('the index of runs', () => {
  it('gives back what was written, whatever the workflow is called', async (test) => {
    const store = await emptyStore(test);
    for (const workflowId of ['..', 'a/b', 'My-Run', 'my-run', '가'.repeat(300)]) {
      await writeRunRecord(store, { ...RUN, workflowId });
      const { records } = await readRunRecords(store, workflowId);
      assert.deepEqual(records, [{ ...RUN, workflowId }]);
    }
    assert.equal((await readRunIndex(store)).records.length, 5);
  });

  it('has a record a run; of several with one id the last to end comes first', async (test) => {
    const store = await emptyStore(test);
    await writeRunRecord(store, AGAIN);
    await writeRunRecord(store, RUN);
    await writeRunRecord(store, RUN);
    assert.deepEqual((await readRunRecords(store, 'my-run')).records, [AGAIN, RUN]);
    assert.deepEqual((await readRunIndex(store)).records, [AGAIN, RUN]);
  });

  it('finds a run by its run id too', async (test) => {
    const store = await emptyStore(test);
    await writeRunRecord(store, AGAIN);
    await writeRunRecord(store, RUN);
    assert.deepEqual((await readRunRecords(store, 'run-1')).records, [RUN]);
    assert.deepEqual((await readRunRecords(store, 'run-3')).records, []);
  });

  it('names what is in it and no record, and gives the rest', async (test) => {
    const store = await emptyStore(test);
    await writeRunRecord(store, RUN);
    const [name = ''] = await store.listEntries('runs');
    const torn = `runs/${name.replace('run-1', 'run-2')}`;
    await store.writeEntry(torn, `{"input": "artifact://dataset/${'a'.repeat(64)}/rows.json`);
    await store.writeEntry('runs/notes.txt', '[]');
    const { records, unreadable } = await readRunRecords(store, 'my-run');
    assert.deepEqual([records, unreadable], [[RUN], [`entries/${torn}`]]);
    const index = await readRunIndex(store);
    assert.deepEqual(index.unreadable.sort(), [`entries/${torn}`, 'entries/runs/notes.txt']);
    assert.deepEqual(
      [...index.digests],
      ['a'.repeat(64)],
      'what a torn one names is known as far as it goes',
    );
  });

  it('is empty in a store that has none', async (test) => {
    const store = await emptyStore(test);
    for (const found of [await readRunIndex(store), await readRunRecords(store, 'my-run')])
      assert.deepEqual(found, { records: [], unreadable: [], digests: new Set() });
  });
});

async function emptyStore(test: TestContext): Promise<ArtifactStore> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-runs-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return createLocalStore({ root });
}
