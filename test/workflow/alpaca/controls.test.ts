import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Visitor } from '../../../workers/runs/access/visitor.ts';
import { runSteering } from '../../../workers/runs/steering.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import type { RunRecord } from '../../../workflows/contracts/run/record.ts';
import { saidIn } from '../../../workflows/contracts/run/said.ts';
import { GATHER_UPDATE } from '../../../workflows/contracts/train/nodes.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type TemporaryStore, temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { eventually, type Harness } from '../harness.ts';
import { answered, paidEstimate, paying, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

let harness: Harness;
before(async () => {
  harness = await sharedHarness();
});

describe('the updates of a workflow', () => {
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

describe('a run that visitors of a service steer', () => {
  let temporary: TemporaryStore;
  const ada: Visitor = { id: 'a', name: 'Ada', role: 'spend', usdPerDay: 1 };
  const ben: Visitor = { id: 'b', name: 'Ben', role: 'run', usdPerDay: 0 };
  before(async () => {
    temporary = await temporaryStore();
  });
  after(() => temporary[Symbol.asyncDispose]());
  const service = () =>
    runSteering({
      client: harness.environment.client,
      store: temporary.store,
      server: 'the server',
      taskQueue: harness.taskQueue,
    });

  it('is one, however often it is started by the same key, side by side, in two services', async () => {
    await harness.withWorker({}, async () => {
      const services = [service(), service()];
      const starts = Array.from({ length: 200 }, (_, number) => {
        // The same input, whatever the order of its fields.
        const input = number % 3 === 0 ? { language: 'en', runSeed: 1 } : { runSeed: 1, language: 'en' };
        return services[number % 2]?.start(ben, { workflow: 'sample', input, key: 'once' });
      });
      const [first, ...others] = await Promise.all(starts);
      for (const other of others) assert.deepEqual(other, first);
      const handle = harness.environment.client.workflow.getHandle(first?.workflowId ?? '');
      await handle.result();
      const { runId, memo } = await handle.describe();
      assert.deepEqual([runId, memo?.startedBy], [first?.runId, 'Ben']);
      assert.deepEqual(
        await service().start(ben, {
          workflow: 'sample',
          input: { runSeed: 1, language: 'en' },
          key: 'once',
        }),
        first,
      );
      await assert.rejects(
        service().start(ben, { workflow: 'sample', input: {}, key: 'once' }),
        /used before/,
      );
      const ofAda = await service().start(ada, { workflow: 'sample', input: {}, key: 'once' });
      assert.notEqual(ofAda.workflowId, first?.workflowId);
    });
  });

  it('has no budget but of who may grant one, and no more a day than that', async () => {
    await harness.withWorker({}, async () => {
      const generate = { generate: { target: 20 } };
      const start = (visitor: Visitor, budgetUsd: number | null, key: string) =>
        service().start(visitor, { workflow: 'alpaca', input: { budgetUsd, ...generate }, key });
      await assert.rejects(start(ben, 0.5, 'x'), { code: 'Permission' });
      const free = await start(ben, null, 'free');
      const run = await start(ada, 0.5, 'paid');
      await start(ada, 0.5, 'paid');
      await assert.rejects(start(ada, 0.75, 'more'), { code: 'BudgetReached' });
      const raise = (budgetUsd: number) =>
        service().update(ada, run.workflowId, { name: 'setBudget', body: { budgetUsd }, key: null });
      await service().update(ben, run.workflowId, { name: 'pause', body: {}, key: null });
      await raise(1);
      await assert.rejects(raise(1.5), { code: 'BudgetReached' });
      await assert.rejects(
        service().update(ben, run.workflowId, { name: 'setBudget', body: { budgetUsd: 0.1 }, key: null }),
        { code: 'Permission' },
      );
      await assert.rejects(
        service().start(ben, { workflow: 'alpaca', input: { budgetUsd: 'x', nothing: 1 }, key: null }),
        {
          fields: [
            { path: ['budgetUsd'], problem: 'budgetUsd is "x": expected a number' },
            { path: ['nothing'], problem: 'the input has no field "nothing"' },
          ],
        },
      );
      for (const { workflowId } of [free, run])
        await harness.environment.client.workflow.getHandle(workflowId).terminate('its test is over');
    });
  });

  it('has in its memo, and in its history, who changed it', async () => {
    await harness.withWorker({}, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 } }, { update: 'pause' });
      await service().update(ada, run.workflowId, { name: 'setTarget', body: { target: 30 }, key: 'once' });
      await service().update(ada, run.workflowId, { name: 'setTarget', body: { target: 30 }, key: 'once' });
      await assert.rejects(service().update(ada, run.workflowId, { name: 'close', body: {}, key: null }), {
        code: 'UpdateRefused',
      });
      await service().update(ben, run.workflowId, { name: 'resume', body: {}, key: null });
      await run.result();
      const { memo } = await run.describe();
      assert.deepEqual(
        saidIn(memo).updates.map(({ what, by }) => `${what} by ${by}`),
        ['setTarget by Ada', 'resume by Ben'],
      );
      const { events } = await run.fetchHistory();
      assert.deepEqual(
        events
          ?.flatMap(
            ({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) =>
              accepted?.acceptedRequest?.meta?.identity ?? [],
          )
          .slice(-2),
        ['Ada (a)', 'Ben (b)'],
      );
      await assert.rejects(service().cancel(ben, run.workflowId), { code: 'UpdateRefused' });
    });
  });

  it('is ended in order with who did it in its memo, and in its record, or at once with who did it and why; and nobody steers what he could not have started', async () => {
    const records: RunRecord[] = [];
    const recordRun = async (record: RunRecord) => void records.push(record);
    await harness.withWorker({ recordRun }, async (start) => {
      const paused = () => start('alpaca', { generate: { target: 20 } }, { update: 'pause' });
      const [one, two] = [await paused(), await paused()];
      await service().cancel(ben, one.workflowId);
      await assert.rejects(one.result());
      const { status, memo } = await one.describe();
      assert.equal(status.name, 'CANCELLED');
      const by = [['cancel', 'Ben']];
      for (const { updates } of [saidIn(memo), ...records])
        assert.deepEqual(
          updates.map((update) => [update.what, update.by]),
          by,
        );
      assert.equal(records.length, 1);
      await service().terminate({ ...ada, role: 'admin' }, two.workflowId, 'stuck');
      await assert.rejects(two.result(), { message: 'stuck (Ada)' });
      const stranger = await start('rater', {});
      await assert.rejects(service().cancel(ben, stranger.workflowId), { code: 'NotFound' });
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
  const names = definition.updateDefinitions.map(({ name }) => name);
  // GPU workers that train a shard together gather by one that nobody else sends.
  return names.filter((name) => name !== GATHER_UPDATE).sort();
}
