import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { eventually, type Harness } from '../harness.ts';
import { type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const stoppingWorker = () => ApplicationFailure.nonRetryable('The worker stops.', 'WorkerStopping');
const diedProcess = () =>
  ApplicationFailure.create({ message: 'Killed.', type: 'ProcessDied', nextRetryDelay: 1 });

describe('a shard that is interrupted 25 times', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const interrupted = (times: number, failure: () => Error) => {
    let left = times;
    const trainShard: Script['trainShard'] = async (input) => {
      if (input.fromStep === 15 && left-- > 0) throw failure();
      return scripted.trainShard(input);
    };
    return { trainShard };
  };

  it('by workers that are stopped ends as if undisturbed, and nobody hears of it', async () => {
    let undisturbed: unknown;
    await harness.withWorker({}, async (start) => {
      undisturbed = await (await start('train')).result();
    });
    await harness.withWorker(interrupted(25, stoppingWorker), async (start) => {
      const handle = await start('train');
      assert.deepEqual(await handle.result(), undisturbed);
      const { events = [] } = await handle.fetchHistory();
      assert.equal(events?.filter(({ activityTaskFailedEventAttributes: failed }) => failed).length, 25);
      assert.equal(events?.filter(({ timerStartedEventAttributes: started }) => started).length, 0);
    });
  });

  it('by what kills its process ends all the same: no number of tries ends it', async () => {
    await harness.withWorker(interrupted(25, diedProcess), async (start) => {
      const handle = await start('train');
      for (const seconds of [5, 10, 20]) {
        const { pauseKind, pauseReason } = await untilPaused(handle, `trying again in ${seconds} s`);
        assert.deepEqual([pauseKind, pauseReason], ['outage', `Killed; trying again in ${seconds} s`]);
        await handle.executeUpdate('resume');
      }
      assert.equal(((await handle.result()) as TrainResult).steps, 30);
    });
  });
});

function untilPaused(handle: WorkflowHandle, reason = ''): Promise<Progress> {
  return eventually(
    () => handle.query<Progress>('progress'),
    ({ state, pauseReason }) => state === 'paused' && (pauseReason ?? '').includes(reason),
  );
}
