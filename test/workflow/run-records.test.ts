import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { stageName } from '../../workflows/contracts/pipeline.ts';
import type { ControlState } from '../../workflows/contracts/progress.ts';
import type { RatingView } from '../../workflows/contracts/rate.ts';
import { type RunRecord, reasonWithin, runRecord } from '../../workflows/contracts/run/record.ts';
import { STATE } from '../../workflows/search-attributes.ts';
import { detailsOf, eventually, type Harness } from './harness.ts';
import { type Script, scripted } from './scripted-activities.ts';
import { sharedHarness } from './shared-harness.ts';

/** An index of runs, and the script that keeps it. */
function recording(): { records: RunRecord[]; script: Pick<Script, 'recordRun'> } {
  const records: RunRecord[] = [];
  return {
    records,
    script: {
      async recordRun(record) {
        records.push(runRecord.parse(record));
      },
    },
  };
}

describe('the record that a run leaves', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('has what it was given, what it came to, and when', async () => {
    const { records, script } = recording();
    await harness.withWorker(script, async (start) => {
      const run = await start('alpaca', { generate: { target: 60 } });
      const result = await run.result();
      const { runId, startTime, closeTime } = await run.describe();
      const [record, ...others] = records;
      assert.deepEqual(others, [], 'the steps of a run have none of their own');
      assert.ok(record && closeTime);
      assert.deepEqual(
        { ...record, startedAt: null, closedAt: null },
        {
          ...{ workflowId: run.workflowId, runId, type: 'alpaca', namespace: 'default' },
          ...{ status: 'COMPLETED', input: { generate: { target: 60 } }, result, failure: null },
          ...{ startedBy: null, updates: [], startedAt: null, closedAt: null },
        },
      );
      assert.equal(record.startedAt, startTime.toISOString());
      assert.ok(record.startedAt <= record.closedAt && record.closedAt <= closeTime.toISOString());
    });
  });

  it('is left by each step that runs alone, and by a comparison', async () => {
    const { records, script } = recording();
    await harness.withWorker(script, async (start) => {
      for (const step of stageName.options) await (await start(step)).result();
      const comparison = await start('rate');
      const view = () => comparison.query<RatingView>('rating');
      await eventually(view, ({ state }) => state === 'open');
      await comparison.executeUpdate('close');
      await comparison.result();
      assert.deepEqual(
        records.map(({ type, input }) => [type, input]),
        [...stageName.options, 'rate'].map((type) => [type, {}]),
      );
    });
  });

  it('says why a run failed, in the words of what failed, and how to go on', async () => {
    const { records, script } = recording();
    const trainShard = async () => {
      throw ApplicationFailure.nonRetryable('The loss is no number.', 'Diverged');
    };
    await harness.withWorker({ ...script, trainShard }, async (start) => {
      const run = await start('alpaca', { generate: { target: 60 } });
      await assert.rejects(run.result());
      const [record] = records;
      assert.deepEqual([records.length, record?.status, record?.result], [1, 'FAILED', null]);
      assert.match(record?.failure ?? '', /^The loss is no number\. Once that is mended, this goes on/);
    });
  });

  it('is left by a run that a person cancels', async () => {
    const { records, script } = recording();
    const held = Promise.withResolvers<void>();
    const sampleSeeds: Script['sampleSeeds'] = async (input) => {
      await held.promise;
      return scripted.sampleSeeds(input);
    };
    await harness.withWorker({ ...script, sampleSeeds }, async (start) => {
      const run = await start('alpaca');
      await run.cancel();
      await assert.rejects(run.result());
      held.resolve();
      assert.deepEqual(
        records.map(({ workflowId, status, result }) => [workflowId, status, result]),
        [[run.workflowId, 'CANCELLED', null]],
      );
      assert.equal((await run.describe()).status.name, 'CANCELLED');
    });
  });

  it('waits for room on the disk where the run has come to its end, and is seen to wait', async () => {
    const { records, script } = recording();
    let isFull = true;
    const recordRun: Script['recordRun'] = async (record) => {
      if (isFull) {
        isFull = false;
        throw ApplicationFailure.nonRetryable('The disk of `a|b` is full.', 'StorageFull');
      }
      await script.recordRun(record);
    };
    await harness.withWorker({ recordRun }, async (start) => {
      const run = await start('generate', { target: 20 });
      const stateOf = async () => (await run.describe()).typedSearchAttributes.get(STATE);
      await eventually(stateOf, (state) => state === 'waiting: storage');
      assert.equal(
        await detailsOf(run),
        'Generate: 20 instructions from offline\n\n**Paused: The disk of \\`a\\|b\\` is full; trying again in 5 s**',
      );
      await run.result();
      assert.equal(records.length, 1);
      assert.equal(await stateOf(), 'done');
      assert.match(await detailsOf(run), /^Generate: 20 instructions from offline\n\n\*\*Done\*\*\n/);
    });
  });

  it('is tried again at once where a person says `resume`, whose answer is the settings in force', async () => {
    const { records, script } = recording();
    let tries = 0;
    const recordRun: Script['recordRun'] = async (record) => {
      tries += 1;
      if (tries <= 4) throw ApplicationFailure.nonRetryable('The disk is full.', 'StorageFull');
      await script.recordRun(record);
    };
    await harness.withWorker({ recordRun }, async (start) => {
      const run = await start('generate', { target: 20, concurrency: 3 });
      // Else it would wait for 5, 10, 20 and 40 seconds.
      for (const seconds of [5, 10, 20, 40]) {
        await eventually(
          () => detailsOf(run),
          (details) => details.includes(`trying again in ${seconds} s`),
        );
        const { target, concurrency } = await run.executeUpdate<ControlState, []>('resume');
        assert.deepEqual([target, concurrency], [20, 3]);
      }
      await run.result();
      assert.equal(records.length, 1);
      const { events } = await run.fetchHistory();
      const fired = events?.filter(({ timerFiredEventAttributes: timer }) => timer);
      assert.equal(fired?.length, 0);
    });
  });

  it('is written by another worker where one is stopped, however the run ended', async () => {
    const { records, script } = recording();
    let stops = 0;
    const recordRun: Script['recordRun'] = async (record) => {
      stops += 1;
      if (stops % 2 === 1)
        throw ApplicationFailure.nonRetryable('The worker is being stopped.', 'WorkerStopping');
      await script.recordRun(record);
    };
    const sampleSeeds = async () => {
      throw ApplicationFailure.nonRetryable('No such seeds.', 'NotFound');
    };
    await harness.withWorker({ recordRun }, async (start) => {
      await (await start('sample')).result();
    });
    await harness.withWorker({ recordRun, sampleSeeds }, async (start) => {
      await assert.rejects((await start('sample')).result());
    });
    assert.deepEqual(
      records.map(({ status }) => status),
      ['COMPLETED', 'FAILED'],
    );
  });

  it('is missing where it cannot be written; the run ends as it would have', async () => {
    const recordRun = async () => {
      throw ApplicationFailure.nonRetryable('No permission to access the store.', 'Permission');
    };
    const sampleSeeds = async () => {
      throw ApplicationFailure.nonRetryable('No such seeds.', 'NotFound');
    };
    await harness.withWorker({ recordRun }, async (start) => {
      assert.deepEqual(await (await start('sample')).result(), await scripted.sampleSeeds({} as never));
    });
    await harness.withWorker({ recordRun, sampleSeeds }, async (start) => {
      const failure = (await start('sample')).result().catch(reasonWithin);
      assert.match(String(await failure), /^No such seeds\./);
    });
  });
});
