import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { createTokenizeActivities } from '../../../activities/tokenize/activities.ts';
import { createTrainActivities } from '../../../activities/train/activities.ts';
import { trainShard } from '../../../activities/train/shard.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { killAt } from '../../unit/activities/train/tiny-training.ts';
import type { Harness } from '../harness.ts';
import type { Script } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The tiny base model on the seed tasks: 20 steps of 8 rows, in two rounds of 2 workers and 5 steps. */
const input = {
  ...{ workers: 2, roundSteps: 5, outer: 'nesterov', outerLearningRate: 0.7, outerMomentum: 0 },
  ...{ epochs: 1, checkpointEverySteps: 2, keepCheckpoints: 1 },
};

describe('a training of two workers at once, with the real activities', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  async function train(store: ArtifactStore, change: Partial<Script> = {}): Promise<TrainResult> {
    const real = { ...createTokenizeActivities({ store }), ...createTrainActivities({ store }) };
    let result: TrainResult | undefined;
    await harness.withWorker({ ...real, ...change }, async (start) => {
      result = (await (await start('train', input)).result()) as TrainResult;
    });
    assert.ok(result);
    return result;
  }

  it('lowers held-out loss, and gives the same model where a worker is lost in the middle of a shard', async (test) => {
    const undisturbed = await train(await emptyStore(test));
    const { before: untrained, after: trained } = undisturbed.loss;
    assert.ok(trained < untrained - 0.3, `${untrained} -> ${trained}`);
    assert.equal(undisturbed.steps, 20);

    const store = await emptyStore(test);
    const real = createTrainActivities({ store });
    let lost = 0;
    const again = await train(store, {
      trainShard: async (work) => {
        const { attempt, currentAttemptScheduledTimestampMs } = Context.current().info;
        if (work.fromStep !== 5 || attempt > 1) return real.trainShard(work);
        lost += 1;
        return trainShard(
          work,
          { store, saveWithinMs: 0 },
          killAt(3, []),
          currentAttemptScheduledTimestampMs,
        );
      },
    });
    assert.equal(lost, 1);
    assert.equal(again.checkpoint.sha256, undisturbed.checkpoint.sha256);
    assert.equal(again.model.sha256, undisturbed.model.sha256);
    assert.deepEqual(again.loss, undisturbed.loss);
    assert.equal(again.metrics.rows, 20);
    assert.deepEqual(await readdir(join(store.root, 'artifacts', 'checkpoint')), [again.checkpoint.sha256]);
  });
});

async function emptyStore(test: TestContext): Promise<ArtifactStore> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-rounds-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return createLocalStore({ root });
}
