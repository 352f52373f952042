import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { controlSignal, progressQuery, reportSignal } from '../../workflows/messages.ts';
import { COST_USD, STATE } from '../../workflows/search-attributes.ts';
import { detailsOf, eventually, type Harness } from './harness.ts';
import { answered, paidEstimate, paying, type Script, scripted } from './scripted-activities.ts';
import { sharedHarness } from './shared-harness.ts';

const PAID: Partial<Script> = {
  estimateGeneration: async () => paidEstimate,
  answerRequest: paying(async ({ request }) => answered(request, 0.5)),
};

describe('what Temporal shows of a run', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const childOf = ({ workflowId }: WorkflowHandle, name: string) =>
    harness.environment.client.workflow.getHandle(`${workflowId}/${name}`);

  const stateOf = async (handle: WorkflowHandle) =>
    (await handle.describe()).typedSearchAttributes.get(STATE);

  /** Once the run and its generation say so. */
  const bothAre = (run: WorkflowHandle, state: string) =>
    eventually(
      async () => {
        const asked = await Promise.allSettled([run, childOf(run, 'generate')].map(stateOf));
        return asked.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
      },
      (states) => states.every((found) => found === state),
    );

  it('is its state, on its children too: what it waits for, a person’s pause, its end', async () => {
    await harness.withWorker(PAID, async (start) => {
      const run = await start('alpaca', { budgetUsd: 3, generate: { target: 100, roundSize: 2 } });
      await bothAre(run, 'waiting: budget');
      await run.executeUpdate('pause');
      await bothAre(run, 'paused');
      await run.executeUpdate('resume');
      await bothAre(run, 'waiting: budget');
      await run.executeUpdate('setBudget', { args: [100] });
      await run.result();
      const all = [run, ...['generate', 'train', 'evaluate'].map((name) => childOf(run, name))];
      assert.deepEqual(await Promise.all(all.map(stateOf)), ['done', 'done', 'done', 'done']);
      const said = await statesSaidBy(run);
      assert.deepEqual([said[0], said.at(-1)], ['running', 'done']);
      // A child that tries again is at work for a moment, which its run may hear of.
      assert.ok(said.length >= 6 && said.length <= 8, `${said}`);
      assert.ok(
        said.every((state, at) => state !== said[at - 1]),
        `${said}`,
      );
    });
  });

  it('is that it waits for the teacher, with a timer that says so', async () => {
    let asked = 0;
    const answerRequest: Script['answerRequest'] = async ({ request }) => {
      asked += 1;
      if (asked === 1) throw ApplicationFailure.nonRetryable('Bad `Gateway` | <b>.', 'TeacherUnavailable');
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const generation = await start('generate', { target: 20, outageWaitSeconds: 2 });
      await eventually(
        () => stateOf(generation),
        (state) => state === 'waiting: teacher',
      );
      assert.match(
        await detailsOf(generation),
        /^Generate: 20 instructions from offline\n\n\*\*Paused: .*\(Bad \\`Gateway\\` \\\| \\<b>\.\); trying again in 2 s\*\*\n/,
      );
      await generation.result();
      assert.equal(await stateOf(generation), 'done');
      const { events } = await generation.fetchHistory();
      const timers = events?.filter(({ timerStartedEventAttributes: timer }) => timer) ?? [];
      assert.deepEqual(
        timers.map(
          ({ userMetadata }) =>
            userMetadata?.summary && defaultPayloadConverter.fromPayload(userMetadata.summary),
        ),
        ['waits for the teacher'],
      );
    });
  });

  it('is how it failed or was cancelled, and what had been paid by then', async () => {
    const failing: Partial<Script> = {
      ...PAID,
      answerRequest: async ({ request }) => {
        if (request > 2) throw ApplicationFailure.nonRetryable('No such key.', 'Authentication');
        return answered(request, 0.5);
      },
    };
    await harness.withWorker(failing, async (start) => {
      const run = await start('alpaca', { budgetUsd: 50, generate: { target: 100, concurrency: 1 } });
      await assert.rejects(run.result());
      await bothAre(run, 'failed');
      assert.equal((await run.describe()).typedSearchAttributes.get(COST_USD), 1.5);
    });
    await harness.withWorker(PAID, async (start) => {
      const run = await start('alpaca', { budgetUsd: 3, generate: { target: 100, roundSize: 2 } });
      await bothAre(run, 'waiting: budget');
      await run.cancel();
      await assert.rejects(run.result());
      await bothAre(run, 'cancelled');
    });
  });

  it('is what it is for, whoever started it, with a name of any length', async () => {
    await harness.withWorker({}, async (start) => {
      const run = await start('alpaca', { generate: { target: 20 } });
      await run.result();
      assert.match(
        await detailsOf(run),
        /^The Alpaca recipe: 20 instructions from offline\n\n\*\*Done\*\*\n/,
      );
    });
    const taskQueue = `test-${randomUUID()}`;
    await harness.withWorker({}, async (start) => {
      const { workflowId } = await start('sample');
      const { taskQueue: queue } = await harness.environment.client.workflow.getHandle(workflowId).describe();
      const long = await harness.environment.client.workflow.start('alpaca', {
        taskQueue: queue,
        workflowId: `${taskQueue}-${'long'.repeat(200)}`,
        args: [{ generate: { target: 20 } }],
      });
      await long.result();
    });
  });

  it('is what each workflow is for, from its start on, above whatever else it shows', async () => {
    await harness.withWorker({}, async (start) => {
      const titles = [
        ['sample', {}, 'Sample: the seed tasks and the evaluation instructions'],
        ['generate', { target: 20 }, 'Generate: 20 instructions from offline'],
        ['dedupe', {}, 'Dedupe: rows that resemble none before them, ROUGE-L 0.7 at the most'],
        ['tokenize', {}, 'Tokenize: rows of 512 tokens at the most'],
        ['train', {}, 'Train: 3 epochs, full'],
        ['evaluate', {}, 'Evaluate: held-out loss, exact match, and pairs that offline judges'],
        ['release', {}, 'Release: data, cards and manifest'],
        ['rate', { raters: 3 }, 'Rate: a blind comparison by 3 people'],
        ['rater', { rater: 1, assigned: 0 }, 'Rater 2'],
        ['rateLimit', { profile: 'p', windowSeconds: 0.1 }, 'Rate limit: what a fleet asks of the teacher p'],
      ] as const;
      for (const [type, input, title] of titles) {
        const run = await start(type, input);
        const firstLine = async () => (await detailsOf(run)).split('\n\n')[0];
        await eventually(firstLine, (line) => line === title);
        if (type === 'rate') await run.executeUpdate('close');
        await run.result();
        assert.equal(await firstLine(), title);
      }
    });
  });

  it('is the recipe: of short steps one report, and of training the first and the last', async () => {
    await harness.withWorker({}, async (start) => {
      const run = await start('alpaca', { generate: { target: 2000 } });
      await run.result();
      const reports = await countOf(run, 'workflowExecutionSignaledEventAttributes', reportSignal.name);
      assert.equal(reports, 4);
    });
  });
});

describe('an update that asks for what is in force', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('is answered by the settings and sends nothing on: pause, resume, stopEarly, after generation too', async () => {
    const held = Promise.withResolvers<void>();
    const trainShard: Script['trainShard'] = async (input) => {
      await held.promise;
      return scripted.trainShard(input);
    };
    await harness.withWorker({ ...PAID, trainShard }, async (start) => {
      const run = await start('alpaca', { budgetUsd: 3, generate: { target: 100, roundSize: 2 } });
      await eventually(
        () => run.query(progressQuery),
        ({ pauseKind }) => pauseKind === 'budget',
      );
      const settings = { paused: false, budgetUsd: 3, target: 100, concurrency: 8, stopEarly: false };
      assert.deepEqual(await run.executeUpdate('resume'), settings);
      for (const _ of ['once', 'twice'])
        assert.deepEqual(await run.executeUpdate('pause'), { ...settings, paused: true });
      for (const _ of ['once', 'twice']) assert.deepEqual(await run.executeUpdate('resume'), settings);
      assert.deepEqual(await run.executeUpdate('stopEarly'), { ...settings, stopEarly: true });
      await eventually(
        () => run.query(progressQuery),
        ({ stage }) => stage === 'train',
      );
      assert.deepEqual(await run.executeUpdate('stopEarly'), { ...settings, stopEarly: true });
      await assert.rejects(run.executeUpdate('setTarget', { args: [200] }), (error: Error) =>
        String(error.cause).includes('Refused: the generate step has ended.'),
      );
      held.resolve();
      await run.result();
      const toldOf = (step: string) => {
        const child = harness.environment.client.workflow.getHandle(`${run.workflowId}/${step}`);
        return countOf(child, 'workflowExecutionSignaledEventAttributes', controlSignal.name);
      };
      // Three times resume, which has whoever waits try again, one pause and one stopEarly.
      assert.deepEqual([await toldOf('generate'), await toldOf('train')], [5, 0]);
    });
  });
});

/** Every state that the workflow gave itself, in order. */
async function statesSaidBy(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upserted }) => {
    const data = upserted?.searchAttributes?.indexedFields?.[STATE.name]?.data;
    return data ? [JSON.parse(Buffer.from(data).toString()) as string] : [];
  });
}

/** How many events of a kind name this: a signal, or a search attribute. */
async function countOf(
  handle: WorkflowHandle,
  kind: 'workflowExecutionSignaledEventAttributes' | 'upsertWorkflowSearchAttributesEventAttributes',
  name: string,
): Promise<number> {
  const { events } = await handle.fetchHistory();
  const found = events?.filter((event) => {
    const { signalName, searchAttributes } = { signalName: null, searchAttributes: null, ...event[kind] };
    return signalName === name || name in (searchAttributes?.indexedFields ?? {});
  });
  return found?.length ?? 0;
}
