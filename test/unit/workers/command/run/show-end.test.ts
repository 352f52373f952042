import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { showEnd } from '../../../../../workers/command/run/show-end.ts';
import { type KnownRun, resultOf } from '../../../../../workers/find-run.ts';
import { alpacaResult } from '../../../../../workflows/contracts/pipeline.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../../../activities/generate/generation-fixture.ts';

describe('the first run of a schedule, where nothing is new', () => {
  it('is shown as one that has no rows, and says that the next one looks again', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const place = { workflowId: 'nightly-1', runId: 'run-1', uiUrl: null };
    const said: [unknown, string][] = [];
    await showEnd(null, place, store, { result: (value, text) => void said.push([value, text]) });
    assert.deepEqual(said, [
      [
        { ...place, rows: 0 },
        'Nothing new: there are too few rows to train on, and no run before it trained. The next one looks again.',
      ],
    ]);
  });

  it('is told so where its result is asked for', () => {
    const run: KnownRun = {
      ...{ workflowId: 'nightly-1', runId: 'run-1', type: 'alpaca', status: 'COMPLETED' },
      ...{ startedAt: '2026-11-01T10:00:00.000Z', closedAt: '2026-11-01T10:01:00.000Z' },
      ...{ result: null, failure: null, description: null, record: null, earlier: null },
    };
    assert.deepEqual(resultOf(run, { alpaca: alpacaResult }, 'can be released'), {
      missing: 'nightly-1 found too few new rows to train on, and no run before it had trained.',
    });
  });
});
