import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import { eventually, type Harness, startHarness } from '../harness.ts';
import { scripted } from '../scripted-activities.ts';
import { countedRun, INPUT, untilCancelled } from './counted-run.ts';

/** A run whose teacher counts what it is paid for, reset from outside as a person does it. */
describe('a run that is reset', () => {
  let harness: Harness;
  let undisturbed: { digest: string; asked: number; costUsd: number };
  before(async () => {
    harness = await startHarness();
  });
  after(() => harness.close());

  it('is compared with one that nothing disturbs', async (test) => {
    const { script, teacher } = await countedRun(test);
    await harness.withWorker(script, async (start) => {
      const { generate, costUsd } = (await (await start('alpaca', INPUT)).result()) as AlpacaResult;
      undisturbed = { digest: generate.data.sha256, asked: teacher.calls.length, costUsd };
      assert.deepEqual([undisturbed.asked, costUsd > 0], [12, true]);
    });
  });

  it('while it generates ends its former child, pays nothing twice, and gives the same data', async (test) => {
    const { script, teacher, gate } = await countedRun(test);
    gate.closeAt(3);
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', INPUT);
      const child = childOf(handle, 'generate');
      const children = new Set<string>();
      for (const answers of [3, 6, 9]) {
        await eventually(
          async () => teacher.calls.length,
          (count) => count === answers,
        );
        children.add((await child.describe()).runId);
        await reset(handle, await beforeChild(handle, 'generate'));
        await eventually(
          () => child.describe(),
          ({ runId, status }) => status.name === 'RUNNING' && !children.has(runId),
        );
        gate.closeAt(answers + 3);
      }
      await eventually(
        async () => teacher.calls.length,
        (count) => count === 12,
      );
      // Its child goes on under the new run where that is younger than the start of the child.
      await reset(handle, (await tasksOf(handle)).at(-1) ?? 0);
      gate.open();
      await endsAsUndisturbed(latest(handle), teacher.calls.length);
      for (const runId of children)
        assert.equal(
          (await clientOf().getHandle(child.workflowId, runId).describe()).status.name,
          'CANCELLED',
        );
    });
  });

  it('once it has ended, to any task, pays nothing and gives the same data', async (test) => {
    const { script, teacher } = await countedRun(test);
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', INPUT);
      await handle.result();
      const { runId } = await handle.describe();
      const tasks = await tasksOf(handle);
      // Five of some twenty, from the first to the last.
      for (const place of [0, 0.2, 0.5, 0.8, 1]) {
        await reset(handle, tasks[Math.round(place * (tasks.length - 1))] ?? 0, runId);
        await endsAsUndisturbed(latest(handle), teacher.calls.length);
      }
    });
  });

  for (const [step, activity] of [
    ['train', 'trainShard'],
    ['evaluate', 'judgePairs'],
  ] as const) {
    it(`before its ${step} step, while that runs, ends the former child and begins another`, async (test) => {
      const { script, teacher } = await countedRun(test);
      const begun = new Set<string>();
      let held = true;
      const holding = async (input: never) => {
        begun.add(Context.current().info.workflowExecution?.runId ?? '');
        if (held) await untilCancelled();
        return Reflect.apply(scripted[activity], undefined, [input]);
      };
      await harness.withWorker({ ...script, [activity]: holding }, async (start) => {
        const handle = await start('alpaca', INPUT);
        for (const children of [1, 2]) {
          await eventually(
            async () => begun.size,
            (count) => count === children,
          );
          held = children < 2;
          await reset(handle, await beforeChild(handle, step));
        }
        await endsAsUndisturbed(latest(handle), teacher.calls.length);
        assert.equal(begun.size, 3);
      });
    });
  }

  it('waits at growing intervals of 30 s at the most for what holds the id of its step', async (test) => {
    const { script } = await countedRun(test);
    const held = Promise.withResolvers<void>();
    const tokenizeRows: typeof scripted.tokenizeRows = async (input) => {
      await held.promise;
      return scripted.tokenizeRows(input);
    };
    await harness.withWorker({ ...script, tokenizeRows }, async (start) => {
      const handle = await start('alpaca', INPUT);
      // On a queue that nobody polls it hears of no cancellation.
      const former = await clientOf().start('train', {
        taskQueue: 'nobody',
        workflowId: `${handle.workflowId}/train`,
      });
      held.resolve();
      for (const seconds of [4, 8, 16, 30]) {
        await eventually(
          () => handle.query<Progress>('progress'),
          ({ pauseReason }) => pauseReason?.endsWith(`trying again in ${seconds} s`) === true,
        );
        if (seconds === 30) await former.terminate();
        await handle.executeUpdate('resume');
      }
      assert.ok(await handle.result());
    });
  });

  async function endsAsUndisturbed(handle: WorkflowHandle, asked: number): Promise<void> {
    const { generate, costUsd } = (await handle.result()) as AlpacaResult;
    assert.deepEqual({ digest: generate.data.sha256, asked, costUsd }, undisturbed);
  }

  const clientOf = () => harness.environment.client.workflow;
  const latest = ({ workflowId }: WorkflowHandle) => clientOf().getHandle(workflowId);
  const childOf = ({ workflowId }: WorkflowHandle, step: string) =>
    clientOf().getHandle(`${workflowId}/${step}`);

  /** Where workflow tasks were completed: the events that a run can be reset to. */
  async function tasksOf(handle: WorkflowHandle): Promise<number[]> {
    const { events } = await handle.fetchHistory();
    return (events ?? []).flatMap(({ eventId, workflowTaskCompletedEventAttributes: completed }) =>
      completed ? [Number(eventId)] : [],
    );
  }

  /** The task that started the child. */
  async function beforeChild(handle: WorkflowHandle, step: string): Promise<number> {
    const { events } = await latest(handle).fetchHistory();
    const started = (events ?? []).map((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
    const found = started.findLast((attributes) => attributes?.workflowType?.name === step);
    return Number(found?.workflowTaskCompletedEventId);
  }

  async function reset({ workflowId }: WorkflowHandle, event: number, runId?: string): Promise<void> {
    const { client } = harness.environment;
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, ...(runId ? { runId } : {}) },
      reason: 'a test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: event as never,
    });
  }
});
