import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { createFleet, eventually, type Harness } from '../workflow/harness.ts';
import { answered, type Script, scripted } from '../workflow/scripted-activities.ts';
import { sharedHarness } from '../workflow/shared-harness.ts';
import { type Replayed, replayRunning } from './live.ts';

describe('replaying what is running now', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('says of each open workflow of the queue whether this code can go on with it', async () => {
    const { client } = harness.environment;
    const taskQueue = `test-${randomUUID()}`;
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    const activities: Script = {
      ...scripted,
      answerRequest: async ({ request }) => {
        await held;
        return answered(request);
      },
    };
    const bundle = await bundleWorkflows();
    const worker = await createFleet(harness.environment, { taskQueue, workflowBundle: bundle, activities });
    const replayed = async (code: string): Promise<Replayed[]> => {
      const all: Replayed[] = [];
      for await (const one of replayRunning(client, { code }, taskQueue)) all.push(one);
      return all.sort((a, b) => a.workflowId.localeCompare(b.workflowId));
    };
    await worker.runUntil(async () => {
      const options = { taskQueue, args: [{ target: 20 }] };
      const id = `generate-${randomUUID()}`;
      const run = await client.workflow.start('generate', { ...options, workflowId: id });
      await client.workflow.execute('sample', { taskQueue, workflowId: `sample-${id}`, args: [{}] });
      const asks = (all: Replayed[]) => all.length === 1;
      const [can] = await eventually(() => replayed(bundle.code), asks);
      assert.deepEqual([can?.workflowId, can?.problem], [id, null]);

      const other = bundle.code.replace(/\.estimateGeneration\(/, '.estimateGenerations(');
      assert.notEqual(other, bundle.code);
      const reached = async () => (await run.fetchHistory()).events?.length ?? 0;
      await eventually(reached, (events) => events > 16);
      const [cannot] = await replayed(other);
      assert.match(cannot?.problem ?? '', /nondeterminism|Nondeterminism|does not match/i);
      goOn();
      await run.result();
    });
  });
});
