import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { toTemporalFailure } from '../../activities/activity-attempt.ts';
import { AlpacaError } from '../../activities/errors.ts';
import type { Progress } from '../../workflows/contracts/progress.ts';
import { detailsOf, eventually, type Harness } from './harness.ts';
import { answered, type Script, scripted } from './scripted-activities.ts';
import { sharedHarness } from './shared-harness.ts';

/** Started on what, each step meets the outage in the first of these that it calls. */
const STARTS: [step: string, input?: object][] = [
  ['sample'],
  ['generate'],
  ['generate', { from: 'builtin' }],
  ['dedupe'],
  ['dedupe', { partitions: 2 }],
  ['tokenize'],
  ['train'],
  ['evaluate'],
  ['release'],
  ['rate', { raters: 1, deadline: '2026-01-01T00:00:00Z' }],
];
const FIRST = [
  ...['sampleSeeds', 'importRows', 'dedupeRows', 'findPairs', 'tokenizeRows', 'evaluateHeldOut'],
  ...['writeRelease', 'prepareComparison'],
] as (keyof Script)[];

/** Whatever is retried here is retried at once. */
const AT_ONCE = { nextRetryDelay: 1 };
const fullDisk = () => ApplicationFailure.nonRetryable('The disk is full.', 'StorageFull');
const defect = () => ApplicationFailure.create({ message: 'x is undefined', type: 'TypeError', ...AT_ONCE });

/** The activity that a workflow calls first fails so many times, on whatever input, and then does its work. */
function failingAtFirst(times: number, failure: () => Error) {
  /** by workflow: which activity, and how often on which input */
  const met = new Map<string, { activity: string; failures: Map<string, number> }>();
  const failing = (activity: keyof Script) => async (given: never) => {
    const { workflowId = '' } = Context.current().info.workflowExecution ?? {};
    const first = met.get(workflowId) ?? { activity, failures: new Map<string, number>() };
    met.set(workflowId, first);
    const input = JSON.stringify(given);
    const failures = first.failures.get(input) ?? 0;
    if (first.activity === activity && failures < times) {
      first.failures.set(input, failures + 1);
      throw failure();
    }
    return Reflect.apply(scripted[activity], undefined, [given]);
  };
  return { script: Object.fromEntries(FIRST.map((first) => [first, failing(first)])), met };
}

describe('an outage', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const endsNoStep = async (times: number, failure: () => Error) => {
    const { script, met } = failingAtFirst(times, failure);
    await harness.withWorker(script, async (start) => {
      const handles = await Promise.all(STARTS.map(([step, input]) => start(step, input)));
      for (const handle of handles) assert.ok(await handle.result());
      assert.deepEqual(
        handles.map(({ workflowId }) => [...(met.get(workflowId)?.failures.values() ?? [])]),
        STARTS.map(([, input]) => (input && 'partitions' in input ? [times, times] : [times])),
      );
    });
  };

  it('of the disk ends no step, whichever meets it: each waits and goes on', () => endsNoStep(1, fullDisk));

  it('ends no step where every retry is used up, were it by a defect', () => endsNoStep(8, defect));

  it('says why the run waits, in the progress of a whole run too', async () => {
    let tries = 0;
    const tokenizeRows: Script['tokenizeRows'] = async (input) => {
      tries += 1;
      if (tries <= 8) throw defect();
      return scripted.tokenizeRows(input);
    };
    await harness.withWorker({ tokenizeRows }, async (start) => {
      const handle = await start('alpaca', { generate: { target: 20 } });
      const { pauseKind, pauseReason } = await untilPaused(handle);
      assert.deepEqual(
        [pauseKind, pauseReason],
        ['outage', 'tokenizeRows fails: x is undefined; trying again in 5 s'],
      );
      await handle.executeUpdate('resume');
      assert.ok(await handle.result());
    });
  });

  it('is as long as an endpoint asks for patience, shows why, and asks nothing meanwhile', async () => {
    let asked = 0;
    const answerRequest: Script['answerRequest'] = async (input) => {
      asked += 1;
      if (asked > 1) return scripted.answerRequest(input);
      throw toTemporalFailure(
        new AlpacaError('RateLimited', 'The teacher says not now.', { retryAfterMs: 1_800_000 }),
      );
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 20, concurrency: 1 });
      const { pauseKind, pauseReason } = await untilPaused(handle);
      assert.equal(pauseKind, 'teacher');
      assert.match(
        String(pauseReason),
        /The teacher says not now\.\); waiting until \d{4}-\d\d-\d\d \d\d:\d\d UTC, trying again in 1800 s$/,
      );
      assert.equal(asked, 1);
      // All that is open is half an hour's timer: whatever asks before it fires would be here.
      const { pendingActivities, pendingChildren } = (await handle.describe()).raw;
      assert.deepEqual([pendingActivities, pendingChildren], [[], []]);
      const events = (await handle.fetchHistory()).events ?? [];
      const timers = events.flatMap(({ timerStartedEventAttributes: started }) => (started ? [started] : []));
      assert.deepEqual(
        timers.map(({ startToFireTimeout }) => Number(startToFireTimeout?.seconds)),
        [1800],
      );
      // It lasts as long as another run takes from its beginning to its end.
      await (await start('tokenize')).result();
      assert.equal((await handle.fetchHistory()).events?.length, events.length);
      assert.equal(asked, 1);
      await handle.executeUpdate('resume');
      assert.ok(await handle.result());
    });
  });

  it('is over as soon as a person says so by `resume`, in a run, in its child, and in a step of one activity', async () => {
    const failures = { importRows: 0, tokenizeRows: 0 };
    // It would be waited for 5, 10, 20 and 40 seconds.
    const failing =
      <Name extends keyof typeof failures>(name: Name) =>
      async (input: never) => {
        failures[name] += 1;
        if (failures[name] <= 4) throw fullDisk();
        return Reflect.apply(scripted[name], undefined, [input]);
      };
    const script = { importRows: failing('importRows'), tokenizeRows: failing('tokenizeRows') };
    await harness.withWorker(script, async (start) => {
      const handle = await start('alpaca', { generate: { from: 'builtin' } });
      for (const stage of ['generate', 'tokenize'])
        for (const seconds of [5, 10, 20, 40]) {
          const at = await untilPaused(handle, `trying again in ${seconds} s`);
          assert.equal(at.stage, stage);
          await handle.executeUpdate('resume');
        }
      await handle.result();

      failures.tokenizeRows = 2;
      const step = await start('tokenize');
      for (const tried of [3, 4]) {
        await eventually(
          async () => failures.tokenizeRows,
          (count) => count === tried,
        );
        await eventually(
          () => detailsOf(step),
          (details) => details.includes('trying again'),
        );
        await step.executeUpdate('resume');
      }
      assert.ok(await step.result());
    });
  });

  it('of the teacher’s account is waited for until there is credit, which a person may say', async () => {
    let asked = 0;
    const answerRequest: Script['answerRequest'] = async ({ request }) => {
      asked += 1;
      if (asked <= 3) throw ApplicationFailure.nonRetryable('The quota is used up.', 'QuotaExhausted');
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 20, concurrency: 1, outageWaitSeconds: 600 });
      for (const seconds of [600, 1200, 1800]) {
        const { pauseKind } = await untilPaused(handle, `trying again in ${seconds} s`);
        assert.equal(pauseKind, 'teacher');
        await handle.executeUpdate('resume');
      }
      assert.ok(await handle.result());
    });
  });

  it('does not set a run going that a person has paused meanwhile', async () => {
    let tries = 0;
    const tokenizeRows: Script['tokenizeRows'] = async (input) => {
      tries += 1;
      if (tries === 1) throw fullDisk();
      return scripted.tokenizeRows(input);
    };
    await harness.withWorker({ tokenizeRows }, async (start) => {
      const handle = await start('train');
      await untilPaused(handle);
      await handle.executeUpdate('pause');
      await eventually(
        async () => (await handle.fetchHistory()).events ?? [],
        (events) => events.some(({ timerFiredEventAttributes: fired }) => fired),
      );
      const { pauseKind, pauseReason } = await handle.query<Progress>('progress');
      assert.deepEqual([pauseKind, pauseReason?.startsWith('by request'), tries], ['person', true, 1]);
      await handle.executeUpdate('resume');
      assert.ok(await handle.result());
    });
  });
});

function untilPaused(handle: WorkflowHandle, reason = ''): Promise<Progress> {
  return eventually(
    () => handle.query<Progress>('progress'),
    ({ state, pauseReason }) => state === 'paused' && (pauseReason ?? '').includes(reason),
  );
}
