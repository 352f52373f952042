import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it, type TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import type { Progress, SettingsInForce } from '../../../workflows/contracts/progress.ts';
import { controlSignal, progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness, type StartWorkflow } from '../harness.ts';
import { answered, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';
import { countedRun, INPUT, untilCancelled } from './counted-run.ts';

/** What a reset can leave out, by the server's numbers. */
const SIGNALS = 1;
const UPDATES = 2;

/** A run whose teacher counts what it is paid for, reset from outside as a person does it. */
describe('a run that is reset', () => {
  let harness: Harness;
  let undisturbed: { digest: string; asked: number; costUsd: number };
  before(async () => {
    harness = await sharedHarness();
  });

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
      await endsAsUndisturbed(latest(handle), teacher);
      for (const runId of children)
        assert.equal(
          (await clientOf().getHandle(child.workflowId, runId).describe()).status.name,
          'CANCELLED',
        );
    });
  });

  for (const { leaving, out, target } of [
    { leaving: 'nothing', out: [], target: 80 },
    { leaving: 'updates', out: [UPDATES], target: 60 },
    { leaving: 'signals', out: [SIGNALS], target: 80 },
  ])
    it(`to before its updates, leaving ${leaving} out, has its child work by its own settings, and by no others`, async () => {
      await withGenerating(async ({ handle, child, goOn }) => {
        const before = (await tasksOf(handle)).at(-1) ?? 0;
        for (const update of ['pause', 'resume', 'pause', 'resume']) await handle.executeUpdate(update);
        await handle.executeUpdate('setTarget', { args: [80] });
        await reset(handle, before, { out });
        await eventually(
          () => latest(handle).query<Progress>('progress'),
          (progress) => progress.target === target,
        );
        await eventually(
          () => child.query(progressQuery),
          (progress) => progress.target === target,
        );
        await latest(handle).executeUpdate('pause');
        assert.equal((await child.query(progressQuery)).state, 'paused');
        await latest(handle).executeUpdate('resume');
        goOn();
        assert.equal(((await latest(handle).result()) as AlpacaResult).rows, target);
        const [raised, ...since] = (await targetsTold(child)).slice(4);
        assert.deepEqual([raised, [...new Set(since)]], [80, [target]]);
      });
    });

  it('to before all its messages, which are left out, is heeded by its child all the same', async () => {
    await withGenerating(async ({ handle, child, goOn }) => {
      const before = (await tasksOf(handle)).at(-1) ?? 0;
      for (const update of ['pause', 'resume', 'pause', 'resume']) await handle.executeUpdate(update);
      await reset(handle, before, { out: [SIGNALS, UPDATES] });
      await latest(handle).executeUpdate('pause');
      assert.equal((await child.query(progressQuery)).state, 'paused');
      await latest(handle).executeUpdate('resume');
      goOn();
      assert.equal(((await latest(handle).result()) as AlpacaResult).rows, 60);
    });
  });

  it('while its child goes on, and is then cancelled, ends that in order too', async () => {
    await withGenerating(async ({ handle, child, goOn }) => {
      await reset(handle, (await tasksOf(handle)).at(-1) ?? 0);
      await latest(handle).executeUpdate('pause');
      assert.equal((await child.query(progressQuery)).state, 'paused');
      await latest(handle).cancel();
      goOn();
      assert.equal((await ended(child)).status.name, 'CANCELLED');
      assert.equal((await ended(latest(handle))).status.name, 'CANCELLED');
    });
  });

  it('ends its former child at once, long before it comes to that step', async (test) => {
    await withHeldPreflight(test, async ({ handle, child, teacher, goOn }) => {
      await reset(handle, (await tasksOf(handle))[0] ?? 0);
      assert.equal((await ended(child)).status.name, 'CANCELLED');
      assert.equal((await latest(handle).query<Progress>('progress')).stage, 'sample');
      goOn();
      await latest(handle).result();
      await endsAsUndisturbed(latest(handle), teacher);
    });
  });

  it('and terminated before it comes to the step of its former child leaves none that goes on alone', async (test) => {
    await withHeldPreflight(test, async ({ handle, child, teacher }) => {
      await reset(handle, (await tasksOf(handle))[0] ?? 0, { out: [SIGNALS, UPDATES] });
      await latest(handle).terminate();
      // Whatever lets it report: it would do so by itself in a minute.
      const { control } = await settingsOf(child);
      await child.signal(controlSignal, { control, version: Date.now() });
      assert.equal((await ended(child)).status.name, 'FAILED');
      await assert.rejects(child.result(), ({ cause }: Error) =>
        /has ended, which was reset to before this step/.test(String(cause)),
      );
      assert.equal(teacher.calls.length, 3);
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
        await reset(handle, tasks[Math.round(place * (tasks.length - 1))] ?? 0, { runId });
        await endsAsUndisturbed(latest(handle), teacher);
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
        await endsAsUndisturbed(latest(handle), teacher);
        assert.equal(begun.size, 3);
      });
    });
  }

  // The seed tasks are read by the run and once more by its generation.
  for (const [activity, times] of [
    ['sampleSeeds', 2],
    ['dedupeRows', 1],
    ['tokenizeRows', 1],
    ['writeRelease', 1],
  ] as const) {
    it(`while ${activity} is at work has it done again, and pays nothing twice`, async (test) => {
      const { script, teacher } = await countedRun(test);
      const { [activity]: done } = { ...scripted, ...script };
      let begun = 0;
      const holdingOnce = async (input: never) => {
        begun += 1;
        if (begun === 1) await untilCancelled();
        return Reflect.apply(done, undefined, [input]);
      };
      await harness.withWorker({ ...script, [activity]: holdingOnce }, async (start) => {
        const handle = await start('alpaca', INPUT);
        await eventually(
          async () => begun,
          (count) => count === 1,
        );
        await reset(handle, (await tasksOf(handle)).at(-1) ?? 0);
        await endsAsUndisturbed(latest(handle), teacher);
        assert.equal(begun, times + 1);
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

  async function endsAsUndisturbed(
    handle: WorkflowHandle,
    { calls }: { calls: readonly unknown[] },
  ): Promise<void> {
    const { generate, costUsd } = (await handle.result()) as AlpacaResult;
    assert.deepEqual({ digest: generate.data.sha256, asked: calls.length, costUsd }, undisturbed);
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

  async function reset(
    { workflowId }: WorkflowHandle,
    event: number,
    { runId, out = [] }: { runId?: string; out?: number[] } = {},
  ): Promise<void> {
    const { client } = harness.environment;
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, ...(runId ? { runId } : {}) },
      reason: 'a test',
      resetReapplyExcludeTypes: out,
      requestId: randomUUID(),
      workflowTaskFinishEventId: event as never,
    });
  }

  const ended = (handle: WorkflowHandle) =>
    eventually(
      () => handle.describe(),
      ({ status }) => status.name !== 'RUNNING',
    );

  /** A run whose child generates, and is held up once two requests are answered. */
  async function withGenerating(
    work: (run: { handle: WorkflowHandle; child: WorkflowHandle; goOn(): void }) => Promise<void>,
  ): Promise<void> {
    const held = Promise.withResolvers<void>();
    const answerRequest: Script['answerRequest'] = async ({ request }) => {
      if (request > 2) await held.promise;
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('alpaca', { generate: { target: 60, concurrency: 2 } });
      const child = childOf(handle, 'generate');
      await eventually(
        async () => (await child.query(progressQuery).catch(() => null))?.stages[0]?.state,
        (state) => state === 'running',
      );
      await work({ handle, child, goOn: held.resolve }).finally(held.resolve);
    });
  }

  /** A run whose teacher has answered three requests, and that does not come beyond its preflight once it is reset. */
  async function withHeldPreflight(
    test: TestContext,
    work: (run: {
      handle: WorkflowHandle;
      child: WorkflowHandle;
      teacher: { calls: readonly unknown[] };
      goOn(): void;
    }) => Promise<void>,
  ): Promise<void> {
    const { script, teacher, gate } = await countedRun(test);
    gate.closeAt(3);
    const held = Promise.withResolvers<void>();
    let runs = 0;
    const checkInput: Script['checkInput'] = async () => {
      runs += 1;
      if (runs > 1) await held.promise;
    };
    const goOn = () => {
      gate.open();
      held.resolve();
    };
    const withRun = async (start: StartWorkflow) => {
      const handle = await start('alpaca', INPUT);
      const child = childOf(handle, 'generate');
      await eventually(
        async () => teacher.calls.length,
        (count) => count === 3,
      );
      await work({ handle, child, teacher, goOn });
    };
    await harness.withWorker({ ...script, checkInput }, (start) => withRun(start).finally(goOn));
  }

  async function settingsOf(child: WorkflowHandle): Promise<SettingsInForce> {
    const { events } = await child.fetchHistory();
    const args = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[1];
    return (args && defaultPayloadConverter.fromPayload<{ handedOver: SettingsInForce }>(args))
      ?.handedOver as SettingsInForce;
  }

  /** The targets of the settings that a child was told of, in order. */
  async function targetsTold(child: WorkflowHandle): Promise<number[]> {
    const { events } = await child.fetchHistory();
    const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
    return signals
      .filter(({ signalName }) => signalName === controlSignal.name)
      .flatMap(({ input }) => input?.payloads ?? [])
      .map((payload) => defaultPayloadConverter.fromPayload<SettingsInForce>(payload).control.target);
  }
});
