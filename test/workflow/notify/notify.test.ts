import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { runEnds } from '../../../workers/fleet/run-end.ts';
import type { Delivery } from '../../../workflows/contracts/run/events.ts';
import type { RunEventName } from '../../../workflows/contracts/run/notify.ts';
import { eventOf } from '../../../workflows/decisions/notify/told-events.ts';
import { eventSignal } from '../../../workflows/messages.ts';
import { detailsOf, eventually, type Harness, type OwnHarness, startHarness } from '../harness.ts';
import { answered, paidEstimate, paying, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const URL_A = 'https://a.example.com/hook';
const URL_B = 'https://b.example.com/hook';
const URL_C = 'https://c.example.com/hook';
const notify = [{ url: URL_A }];

/** An endpoint that keeps what it is sent, in the order in which it came. */
function receiving(answer: (delivery: Delivery) => Promise<'delivered' | 'gone'> = async () => 'delivered') {
  const deliveries: Delivery[] = [];
  const deliverEvent: Script['deliverEvent'] = async (delivery) => {
    deliveries.push(delivery);
    return answer(delivery);
  };
  const events = () =>
    deliveries.map(({ event: { event, progress } }) =>
      event === 'stage' ? `stage ${progress?.stage}` : event,
    );
  return { deliveries, events, deliverEvent };
}

/** What delivers is told, as by a run. */
const input = {
  run: { workflowId: 'a-run', runId: 'its-run', type: 'alpaca', namespace: 'default' },
  endpoints: notify,
};
async function tell(courier: WorkflowHandle, event: RunEventName): Promise<void> {
  await courier.signal(eventSignal, eventOf(event, null, new Date(0)));
}
function hasEnded(courier: WorkflowHandle): Promise<string> {
  return eventually(
    async () => (await courier.describe()).status.name,
    (status) => status === 'COMPLETED',
  );
}

describe('the webhooks of a run', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const courierOf = async ({ workflowId }: WorkflowHandle, runs = 1): Promise<WorkflowHandle[]> => {
    const { workflow } = harness.environment.client;
    const found = await eventually(
      async () => {
        const ids = new Set<string>();
        const query = `WorkflowType = "notify" AND WorkflowId STARTS_WITH "${workflowId}/"`;
        for await (const one of workflow.list({ query })) ids.add(one.workflowId);
        return [...ids];
      },
      ({ length }) => length === runs,
    );
    return found.map((id) => workflow.getHandle(id));
  };
  const oneCourierOf = async (run: WorkflowHandle): Promise<WorkflowHandle> => {
    const [courier] = await courierOf(run);
    assert.ok(courier);
    return courier;
  };

  it('hear of each stage in order, of the end last, each by an id of its own, and then nothing waits', async () => {
    const { deliveries, events, deliverEvent } = receiving();
    await harness.withWorker({ deliverEvent }, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 }, notify });
      await run.result();
      const courier = await oneCourierOf(run);
      assert.deepEqual(await courier.result(), { delivered: 8, givenUp: 0 });
      assert.deepEqual(events(), [
        ...['stage sample', 'stage generate', 'stage dedupe', 'stage tokenize', 'stage train'],
        ...['stage evaluate', 'stage release', 'done'],
      ]);
      assert.equal(new Set(deliveries.map(({ id }) => id)).size, 8);
      const { runId } = await run.describe();
      const told = { workflowId: run.workflowId, runId, type: 'alpaca', namespace: 'default' };
      for (const delivery of deliveries) assert.deepEqual(delivery.run, told);
      assert.deepEqual(deliveries[0]?.endpoint, { url: URL_A, secretName: 'default' });
      assert.equal(
        await detailsOf(courier),
        `Notify: 1 webhook of ${run.workflowId}\n\n8 delivered, 0 given up\n- a.example.com: nothing waits`,
      );
    });
  });

  it('are looked at before anything else of the run: one that is not allowed ends it, by name', async () => {
    const { events, deliverEvent } = receiving();
    const checkEndpoints: Script['checkEndpoints'] = async ([endpoint]) => {
      throw ApplicationFailure.nonRetryable(`The webhook ${endpoint?.url} is refused.`, 'Configuration');
    };
    const checkInput: Script['checkInput'] = async () => assert.fail('the run goes on');
    await harness.withWorker({ deliverEvent, checkEndpoints, checkInput }, async (start) => {
      const run = await start('alpaca', { notify });
      await assert.rejects(run.result(), ({ cause }: Error) => {
        assert.ok(cause instanceof ApplicationFailure);
        assert.equal(cause.type, 'Configuration');
        assert.match(cause.message, /^The webhook https:\/\/a\.example\.com\/hook is refused\./);
        return true;
      });
      assert.deepEqual(events(), []);
    });
  });

  it('hear why a run waits and that its budget is nearly spent, and how it failed by its code alone', async () => {
    const { deliveries, events, deliverEvent } = receiving();
    const script: Partial<Script> = {
      deliverEvent,
      estimateGeneration: async () => paidEstimate,
      answerRequest: paying(async ({ request }) => answered(request, 0.5)),
      tokenizeRows: async () => {
        throw ApplicationFailure.nonRetryable('Row 3 is "Name a river".', 'InvalidInput');
      },
    };
    await harness.withWorker(script, async (start) => {
      const generate = { target: 200, roundSize: 2, concurrency: 2 };
      const run = await start('alpaca', { budgetUsd: 5, generate, notify });
      await eventually(
        async () => events(),
        (known) => known.includes('paused'),
      );
      await run.executeUpdate('setBudget', { args: [20] });
      await assert.rejects(run.result());
      await (await oneCourierOf(run)).result();
      assert.deepEqual(
        events().filter((event) => event !== 'budget'),
        ['stage sample', 'paused', 'stage generate', 'stage dedupe', 'failed'],
      );
      assert.equal(events().filter((event) => event === 'budget').length, 1);
      const of = (name: string) => deliveries.find(({ event }) => event.event === name)?.event;
      assert.equal(of('paused')?.pause?.kind, 'budget');
      assert.equal(of('budget')?.progress?.budgetUsd, 5);
      assert.equal(of('failed')?.failure, 'InvalidInput');
      assert.ok(!JSON.stringify(deliveries).includes('river'));
    });
  });

  it('hear that a person cancelled it', async () => {
    const { events, deliverEvent } = receiving();
    const held = Promise.withResolvers<void>();
    const answerRequest: Script['answerRequest'] = async ({ request }) => {
      await held.promise;
      return answered(request);
    };
    await harness.withWorker({ deliverEvent, answerRequest }, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 }, notify });
      await eventually(
        async () => events(),
        (known) => known.includes('stage sample'),
      );
      await run.cancel();
      held.resolve();
      await assert.rejects(run.result());
      await (await oneCourierOf(run)).result();
      assert.deepEqual(events(), ['stage sample', 'cancelled']);
    });
  });

  it('hear that a person terminated it, of which it could say nothing', async () => {
    const { deliveries, events, deliverEvent } = receiving();
    const lookAtRun = runEnds(harness.environment.client);
    const held = Promise.withResolvers<void>();
    const dedupeRows: Script['dedupeRows'] = async (input) => {
      await held.promise;
      return scripted.dedupeRows(input);
    };
    await harness.withWorker({ deliverEvent, lookAtRun, dedupeRows }, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 }, notify });
      await eventually(
        async () => events(),
        (known) => known.includes('stage generate'),
      );
      await run.terminate('by a test');
      held.resolve();
      await (await oneCourierOf(run)).result();
      assert.deepEqual(events(), ['stage sample', 'stage generate', 'terminated']);
      assert.equal(deliveries.at(-1)?.event.progress, null);
    });
  });

  it('get what they ask for; one that answers 410 gets nothing more, and holds up nobody', async () => {
    const { deliveries, deliverEvent } = receiving(async ({ endpoint }) =>
      endpoint.url === URL_B ? 'gone' : 'delivered',
    );
    const eventsAt = (url: string) =>
      deliveries.filter(({ endpoint }) => endpoint.url === url).map(({ event }) => event.event);
    await harness.withWorker({ deliverEvent }, async (start) => {
      const endpoints = [...notify, { url: URL_B }, { url: URL_C, events: ['failed', 'done'] }];
      const run = await start('alpaca', { generate: { target: 20 }, notify: endpoints });
      await run.result();
      const courier = await oneCourierOf(run);
      assert.deepEqual(await courier.result(), { delivered: 9, givenUp: 0 });
      assert.equal(eventsAt(URL_A).length, 8);
      assert.deepEqual([eventsAt(URL_B), eventsAt(URL_C)], [['stage'], ['done']]);
      assert.match(await detailsOf(courier), /\n- b\.example\.com: gone \(410\)\n/);
    });
  });

  it('that do not answer do not keep the run from its end, and get all by the same id once they do', async () => {
    let isUp = false;
    const { deliveries, deliverEvent } = receiving(async () => {
      if (!isUp) throw ApplicationFailure.create({ message: 'It is away.', nextRetryDelay: '1s' });
      return 'delivered';
    });
    await harness.withWorker({ deliverEvent }, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 }, notify });
      await run.result();
      const courier = await oneCourierOf(run);
      assert.equal((await courier.describe()).status.name, 'RUNNING');
      assert.match(
        await detailsOf(courier),
        /\n\n0 delivered, 0 given up\n- a\.example\.com: on its way: stage, /,
      );
      const firsts = new Set(deliveries.map(({ id }) => id));
      assert.equal(firsts.size, 1, 'later events wait for the first');
      assert.ok(deliveries.length > 1, 'it is tried again');
      isUp = true;
      assert.deepEqual(await courier.result(), { delivered: 8, givenUp: 0 });
      assert.equal(new Set(deliveries.map(({ id }) => id)).size, 8);
    });
  });

  it('hear of a run that was reset by ids of its own, and of one end more', async () => {
    const { deliveries, events, deliverEvent } = receiving();
    await harness.withWorker({ deliverEvent }, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 }, notify });
      await run.result();
      const [before] = await courierOf(run);
      await before?.result();
      const { events: history = [] } = await run.fetchHistory();
      // Before its training began, and after what delivers had been started.
      const training = history
        ?.map(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child)
        .find((child) => child?.workflowType?.name === 'train');
      const { client } = harness.environment;
      await client.workflowService.resetWorkflowExecution({
        namespace: client.options.namespace,
        workflowExecution: { workflowId: run.workflowId },
        reason: 'a test',
        requestId: randomUUID(),
        workflowTaskFinishEventId: training?.workflowTaskCompletedEventId ?? null,
      });
      await client.workflow.getHandle(run.workflowId).result();
      for (const courier of await courierOf(run, 2)) await courier.result();
      // The task is done again that saw the end of tokenization, and began to train.
      const again = ['stage tokenize', 'stage train', 'stage evaluate', 'stage release', 'done'];
      assert.deepEqual(events().slice(8), again);
      assert.equal(new Set(deliveries.map(({ id }) => id)).size, 13);
    });
  });

  it('that are away have a hundred events wait, and the oldest given up', async () => {
    let isUp = false;
    const { deliveries, deliverEvent } = receiving(async () => {
      if (!isUp) throw ApplicationFailure.create({ message: 'It is away.', nextRetryDelay: '1s' });
      return 'delivered';
    });
    await harness.withWorker({ deliverEvent }, async (start) => {
      const courier = await start('notify', input);
      for (let number = 0; number < 103; number += 1) await tell(courier, 'stage');
      await tell(courier, 'done');
      await eventually(
        () => detailsOf(courier),
        (details) => details.includes('0 delivered, 4 given up'),
      );
      isUp = true;
      await hasEnded(courier);
      assert.deepEqual(await courier.result(), { delivered: 100, givenUp: 4 });
      assert.equal(deliveries.at(-1)?.event.event, 'done');
    });
  });
});

describe('webhooks of a long history', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=20']);
  });
  after(() => harness.close());

  it('that answer 410 while more of them wait than one execution has in hand keep nothing from its end', async () => {
    const held = Promise.withResolvers<void>();
    const { deliverEvent } = receiving(async () => {
      await held.promise;
      return 'gone';
    });
    await harness.withWorker({ deliverEvent }, async (start) => {
      const courier = await start('notify', input);
      for (let number = 0; number < 30; number += 1) await tell(courier, 'stage');
      await tell(courier, 'done');
      held.resolve();
      await hasEnded(courier);
      assert.deepEqual(await courier.result(), { delivered: 0, givenUp: 0 });
    });
  });
});
