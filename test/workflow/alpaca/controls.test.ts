import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness } from '../harness.ts';
import { answered, paidEstimate, paying, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('the updates of a workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  for (const [workflow, expected] of [
    ['alpaca', ['pause', 'resume', 'setBudget', 'setConcurrency', 'setTarget', 'stopEarly']],
    ['generate', ['pause', 'resume', 'setBudget', 'setConcurrency', 'setTarget', 'stopEarly']],
    ['dedupe', ['pause', 'resume', 'setBudget']],
    ['evaluate', ['pause', 'resume', 'setBudget']],
    ['train', ['pause', 'resume']],
    ['sample', ['resume']],
    ['tokenize', ['resume']],
    ['release', ['resume']],
  ] as const) {
    it(`are those that change something: ${workflow}`, async () => {
      await harness.withWorker({}, async (start) => {
        const handle = await start(workflow, workflow === 'alpaca' ? { generate: { target: 20 } } : {});
        await handle.result();
        assert.deepEqual(await updatesOf(handle), expected);
      });
    });
  }

  it('may come with the start, before the workflow has done anything', async () => {
    await harness.withWorker({}, async (start) => {
      for (const workflow of ['alpaca', 'generate', 'dedupe', 'evaluate', 'train']) {
        const handle = await start(workflow, workflow === 'alpaca' ? { generate: { target: 20 } } : {}, {
          update: 'pause',
        });
        await handle.executeUpdate('resume');
        await handle.result();
        const { events } = await handle.fetchHistory();
        assert.deepEqual(
          events?.filter(({ workflowTaskFailedEventAttributes: failed }) => failed),
          [],
        );
      }
    });
  });

  it('that a step has not are refused by name, and leave it as it was', async () => {
    const held = Promise.withResolvers<void>();
    const trainShard: typeof scripted.trainShard = async (input) => {
      await held.promise;
      return scripted.trainShard(input);
    };
    await harness.withWorker({ trainShard }, async (start) => {
      const handle = await start('train');
      const refused = (update: Promise<unknown>, name: string) =>
        assert.rejects(update, (error: Error) =>
          String(error.cause).includes(`No registered handler for update: ${name}`),
        );
      await refused(handle.executeUpdate('setBudget', { args: [5] }), 'setBudget');
      await refused(handle.executeUpdate('stopEarly'), 'stopEarly');
      held.resolve();
      await handle.result();
    });
  });
});

describe('a run that a person pauses while it waits for money', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('says so in the same words as its child, and goes on after resume and setBudget', async () => {
    const script = {
      estimateGeneration: async () => paidEstimate,
      answerRequest: paying(async ({ request }) => answered(request, 0.5)),
    };
    await harness.withWorker(script, async (start) => {
      const run = await start('alpaca', { budgetUsd: 3, generate: { target: 100, roundSize: 2 } });
      const child = harness.environment.client.workflow.getHandle(`${run.workflowId}/generate`);
      // Both are waited for, whichever fails: queries that pile up are refused by the server and sent again for long.
      const pauses = async () => {
        const asked = await Promise.allSettled([run.query(progressQuery), child.query(progressQuery)]);
        return asked.flatMap((answer) => (answer.status === 'fulfilled' ? [pauseOf(answer.value)] : []));
      };
      const bothSay = (kind: string) =>
        eventually(pauses, (said) => said.length === 2 && said.every(([is]) => is === kind));
      await bothSay('budget');
      await run.executeUpdate('pause');
      const [ofRun, ofChild] = await bothSay('person');
      assert.deepEqual(ofRun, ofChild);
      assert.match(ofRun?.[1] ?? '', /^by request; and after resume: the budget of 3\.00 USD is reached/);
      await run.executeUpdate('resume');
      await bothSay('budget');
      await run.executeUpdate('setBudget', { args: [100] });
      await run.result();
    });
  });
});

function pauseOf({ pauseKind, pauseReason }: Progress) {
  return [pauseKind, pauseReason] as const;
}

/** What a workflow tells the Temporal UI of itself. */
async function updatesOf(handle: WorkflowHandle): Promise<string[]> {
  const { definition } = await handle.query<{ definition: { updateDefinitions: { name: string }[] } }>(
    '__temporal_workflow_metadata',
  );
  return definition.updateDefinitions.map(({ name }) => name).sort();
}
