import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Harness } from '../harness.ts';
import { historiesOfFamily } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

const QUEUES: Record<string, string> = {
  checkInput: 'processing',
  sampleSeeds: 'processing',
  estimateGeneration: 'processing',
  answerRequest: 'requests',
  acceptRound: 'processing',
  gatherAccepted: 'processing',
  dedupeRows: 'processing',
  recordRun: 'processing',
  tokenizeRows: 'processing',
  planTraining: 'gpu',
  trainShard: 'gpu',
  measureLoss: 'gpu',
  exportModel: 'gpu',
  evaluateHeldOut: 'gpu',
  answerInstructions: 'gpu',
  judgePairs: 'requests',
  writeRelease: 'processing',
};

describe('the activities of a run', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('wait on the queues of its own fleet, each kind of work on one', async () => {
    await harness.withWorker({}, async (start) => {
      const run = await start('alpaca', {});
      await run.result();
      const { taskQueue } = await run.describe();
      const found = new Map<string, Set<string>>();
      for (const { history } of await historiesOfFamily(harness.environment, run.workflowId))
        for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? []) {
          const name = scheduled?.activityType?.name;
          if (!name) continue;
          found.set(name, (found.get(name) ?? new Set()).add(scheduled.taskQueue?.name ?? ''));
        }
      const queues = [...found].map(([name, on]) => [name, [...on].join(' ')]).sort();
      const expected = [...found.keys()].map((name) => [name, `${taskQueue}-${QUEUES[name]}`]).sort();
      assert.deepEqual(queues, expected);
      assert.ok(found.size >= 12, `only ${found.size} activities were seen`);
    });
  });
});
