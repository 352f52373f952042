import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

/** What a start may say that once failed a workflow's task again and again: it fails the workflow, once, in words. */
describe('a workflow that is started with what it cannot take', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const failsWith = async (run: WorkflowHandle, message: RegExp) => {
    await assert.rejects(run.result(), ({ cause }: Error) => {
      assert.match(String(cause), message);
      assert.ok(String(cause).length < 20_000);
      return true;
    });
    const { events } = await run.fetchHistory();
    assert.ok(events?.every(({ workflowTaskFailedEventAttributes: failed }) => !failed));
  };

  it('has a name of 1.9 MB in its input', async () => {
    await harness.withWorker({}, async (start) => {
      await failsWith(
        await start('alpaca', { ['x'.repeat(1_900_000)]: 1 }),
        /the input is large: expected at most 524288/,
      );
      await failsWith(
        await start('train', { [`x${'y'.repeat(400_000)}`]: 1 }),
        /has no field "xy{76}\.\.\."/,
      );
    });
  });

  it('has thousands of names in its input', async () => {
    const names = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`field${index}`, 1]));
    await harness.withWorker({}, async (start) => {
      await failsWith(await start('sample', names), /has no field "field0", .* and 29992 more/);
    });
  });

  it('is a rater of more items than a ballot can have', async () => {
    await harness.withWorker({}, async (start) => {
      for (const assigned of [50_001, 2 ** 32, Number.MAX_SAFE_INTEGER])
        await failsWith(await start('rater', { assigned }), /assigned is \d+: expected at most 50000/);
      const rater = await start('rater', { assigned: 50_000, updatesPerRun: 1 });
      await rater.executeUpdate('vote', { args: [[{ item: 49_999, revision: 1, choice: 'tie' }]] });
      await rater.terminate();
    });
  });

  it('is of a type that every object has', async () => {
    await harness.withWorker({}, async (start) => {
      for (const type of ['__proto__', 'constructor', 'toString', '__defineGetter__'])
        await failsWith(await start(type, {}), new RegExp(`There is no workflow "${type}"`));
    });
  });
});
