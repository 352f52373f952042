import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { STATE } from '../../../workflows/search-attributes.ts';
import { eventually, type Harness } from '../harness.ts';
import { type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';
import { untilCancelled } from './counted-run.ts';

/** Every workflow, a child that is begun again too, reads its input first and is recorded last. */
const BEGIN_AND_END: ReadonlySet<keyof Script> = new Set(['resolveStart', 'recordRun']);

/** What fails for good says the command that goes on; here it is run, word for word. */
describe('a run that has failed for good', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  /** The activities, of which those that `fails` names fail until it is emptied; and what was called. */
  function failing(fails: Set<keyof Script>) {
    const calls: string[] = [];
    const script = Object.fromEntries(
      (Object.keys(scripted) as (keyof Script)[]).map((name) => [
        name,
        async (input: never) => {
          if (!BEGIN_AND_END.has(name)) calls.push(name);
          if (fails.has(name)) throw ApplicationFailure.nonRetryable('There is no file /a.', 'NotFound');
          return Reflect.apply(scripted[name], undefined, [input]);
        },
      ]),
    );
    return { script, calls };
  }

  async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
    const reason = await result.then(
      () => assert.fail('it completed'),
      ({ cause }: Error) => cause,
    );
    assert.ok(reason instanceof ApplicationFailure);
    return reason;
  }

  async function runCommandOf(failed: Promise<unknown>): Promise<void> {
    const { type, message } = await failureOf(failed);
    assert.equal(type, 'NotFound');
    const sentence = 'There is no file /a.';
    assert.ok(message.startsWith(sentence), message);
    await runCommandIn(message.slice(sentence.length));
  }

  /** @param message what follows the reason in that of a failure */
  async function runCommandIn(message: string): Promise<void> {
    const said = /^ Once that is mended, this goes on from there: temporal (workflow reset .*)$/.exec(
      message,
    );
    assert.ok(said?.[1], message);
    await promisify(execFile)('sh', ['-c', `"$TEMPORAL_CLI" ${said[1]}`], {
      env: {
        ...process.env,
        TEMPORAL_CLI: process.env.ALPACA_TEMPORAL_CLI ?? 'temporal',
        TEMPORAL_ADDRESS: harness.environment.address,
      },
    });
  }

  const latest = ({ workflowId }: WorkflowHandle) =>
    harness.environment.client.workflow.getHandle(workflowId);

  for (const [activity, repeated] of [
    ['sampleSeeds', ['checkInput', 'sampleSeeds']],
    [
      'gatherAccepted',
      ['sampleSeeds', 'estimateGeneration', 'answerRequest', 'acceptRound', 'gatherAccepted'],
    ],
    ['dedupeRows', ['dedupeRows']],
    ['tokenizeRows', ['tokenizeRows']],
    ['trainShard', ['planTraining', 'measureLoss', 'trainShard']],
    ['judgePairs', ['evaluateHeldOut', 'answerInstructions', 'judgePairs']],
    ['writeRelease', ['writeRelease']],
  ] as const) {
    it(`goes on by the command that it says, and does again no more than the step that failed: ${activity}`, async () => {
      const fails = new Set<keyof Script>([activity]);
      const { script, calls } = failing(fails);
      await harness.withWorker(script, async (start) => {
        const handle = await start('alpaca', { generate: { target: 20 } });
        const before = await handle.result().then(
          () => assert.fail('it completed'),
          () => calls.length,
        );
        fails.clear();
        await runCommandOf(handle.result());
        assert.equal(((await latest(handle).result()) as AlpacaResult).rows, 20);
        const again = [...new Set(calls.slice(before))];
        assert.deepEqual(again.slice(0, repeated.length), repeated);
        const first = calls.slice(0, before);
        assert.deepEqual(
          again.slice(repeated.length).filter((name) => first.includes(name) && name !== 'measureLoss'),
          [],
        );
      });
    });
  }

  for (const [how, end] of [
    ['cancelled', (child: WorkflowHandle) => child.cancel()],
    ['terminated', (child: WorkflowHandle) => child.terminate()],
  ] as const)
    it(`by a step that was ${how} says which, is found as failed, and goes on by the command`, async () => {
      let held = true;
      const trainShard: Script['trainShard'] = async (input) => {
        if (held) await untilCancelled();
        return scripted.trainShard(input);
      };
      await harness.withWorker({ trainShard }, async (start) => {
        const handle = await start('alpaca', { generate: { target: 20 } });
        const child = latest({ ...handle, workflowId: `${handle.workflowId}/train` });
        await eventually(
          async () => (await child.query(progressQuery).catch(() => null))?.stages[0]?.total ?? 0,
          (steps) => steps > 0,
        );
        await end(child);
        const reason = await failureOf(handle.result());
        assert.equal((await handle.describe()).typedSearchAttributes.get(STATE), 'failed');
        const sentence = `The step train was ${how}: ${child.workflowId}.`;
        assert.ok(reason.message.startsWith(sentence), reason.message);
        held = false;
        await runCommandIn(reason.message.slice(sentence.length));
        assert.equal(((await latest(handle).result()) as AlpacaResult).rows, 20);
      });
    });

  it('says the command so that a shell takes it, whatever the run is called', async () => {
    const fails = new Set<keyof Script>(['tokenizeRows']);
    await harness.withWorker(failing(fails).script, async (start) => {
      const handle = await start('tokenize', undefined, { name: "it's mine; $(exit 1) #" });
      await handle.result().catch(() => {});
      fails.clear();
      await runCommandOf(handle.result());
      assert.ok(await latest(handle).result());
    });
  });

  it('goes on so too where it is one step by itself', async () => {
    for (const [step, activity] of [
      ['tokenize', 'tokenizeRows'],
      ['dedupe', 'dedupeRows'],
      ['train', 'trainShard'],
      ['evaluate', 'evaluateHeldOut'],
      ['generate', 'answerRequest'],
    ] as const) {
      const fails = new Set<keyof Script>([activity]);
      const { script } = failing(fails);
      await harness.withWorker(script, async (start) => {
        const handle = await start(step);
        await handle.result().catch(() => {});
        fails.clear();
        await runCommandOf(handle.result());
        assert.ok(await latest(handle).result());
      });
    }
  });
});
