import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Harness, startHarness } from './harness.ts';
import { type Script, scripted } from './scripted-activities.ts';

/** Started on what, each step meets the full disk in the activity that it calls first. */
const STARTS: [step: string, input?: object][] = [
  ['sample'],
  ['generate'],
  ['generate', { from: 'builtin' }],
  ['dedupe'],
  ['tokenize'],
  ['train'],
  ['evaluate'],
  ['release'],
];
const FIRST = [
  'sampleSeeds',
  'importRows',
  'dedupeRows',
  'tokenizeRows',
  'evaluateHeldOut',
  'writeRelease',
] as const satisfies (keyof Script)[];

describe('a disk that is full for a while', () => {
  let harness: Harness;
  before(async () => {
    harness = await startHarness();
  });
  after(() => harness.close());

  it('ends no step, whichever meets it: each waits and goes on', async () => {
    const met = new Map<string, string>();
    const onceFull = (activity: keyof Script) => async (given: never) => {
      const { workflowId = '' } = Context.current().info.workflowExecution ?? {};
      if (!met.has(workflowId)) {
        met.set(workflowId, activity);
        throw ApplicationFailure.nonRetryable('The disk is full.', 'StorageFull');
      }
      return Reflect.apply(scripted[activity], undefined, [given]);
    };
    const script = Object.fromEntries(FIRST.map((activity) => [activity, onceFull(activity)]));
    await harness.withWorker(script, async (start) => {
      const handles = await Promise.all(STARTS.map(([step, input]) => start(step, input)));
      for (const handle of handles) assert.ok(await handle.result());
      assert.deepEqual(
        handles.map(({ workflowId }) => met.get(workflowId)),
        ['sampleSeeds', 'sampleSeeds', 'importRows', 'dedupeRows', 'tokenizeRows', 'tokenizeRows'].concat(
          'evaluateHeldOut',
          'writeRelease',
        ),
      );
    });
  });
});
