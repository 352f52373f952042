import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflows } from '../../../workers/workflow-bundle.ts';
import { createFleet, eventually, type Harness } from '../harness.ts';
import { acceptTen, answered, type Script, scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** The workflows' code with another default of a field, as after a deployment. */
async function withDefault(field: string, value: number): Promise<{ code: string }> {
  const { code } = await bundleWorkflows();
  const changed = code.replace(new RegExp(`(\\b${field}: [^;]*?\\.default\\()[\\d.]+\\)`), `$1${value})`);
  assert.notEqual(changed, code);
  return { code: changed };
}

describe('a run that is alive while a default is changed', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('goes on with the default that it began with, under the changed one, and ends', async () => {
    const { client } = harness.environment;
    const taskQueue = `test-${randomUUID()}`;
    const rounds: number[] = [];
    let held = true;
    const script: Script = {
      ...scripted,
      answerRequest: async ({ request }) => {
        // An activity that waited would keep its worker from ending.
        if (held && request >= 20)
          throw ApplicationFailure.create({ message: 'not yet', nextRetryDelay: '3s' });
        return answered(request);
      },
      acceptRound: async (round) => {
        rounds.push(round.requests);
        return acceptTen(round);
      },
    };
    const worker = (workflowBundle: { code: string }) =>
      createFleet(harness.environment, { taskQueue, workflowBundle, activities: script });
    const start = (workflowId: string, options: object) =>
      client.workflow.start('generate', { taskQueue, workflowId, args: [options] });

    const id = `generate-${randomUUID()}`;
    const before = await worker(await bundleWorkflows());
    const run = await before.runUntil(async () => {
      const started = await start(id, { target: 400, concurrency: 32 });
      await eventually(
        async () => rounds.length,
        (count) => count === 2,
      );
      return started;
    });
    held = false;
    const changed = await worker(await withDefault('roundSize', 16));
    await changed.runUntil(() => run.result());
    assert.deepEqual(rounds, [8, 8, 8, 8, 8]);

    const { events } = await run.fetchHistory();
    assert.equal(
      events?.some(({ workflowTaskFailedEventAttributes: failed }) => failed),
      false,
    );
  });

  it('tokenizes in `train` by values that no default of another step decides', async () => {
    const { client } = harness.environment;
    const taskQueue = `test-${randomUUID()}`;
    const given: unknown[] = [];
    const tokenizeRows: Script['tokenizeRows'] = async (input) => {
      given.push(input);
      return scripted.tokenizeRows(input);
    };
    const workflowBundle = await withDefault('heldOut', 0.25);
    const activities = { ...scripted, tokenizeRows };
    const fleet = await createFleet(harness.environment, { taskQueue, workflowBundle, activities });
    const workflowId = `train-${randomUUID()}`;
    await fleet.runUntil(() => client.workflow.execute('train', { taskQueue, workflowId, args: [{}] }));
    assert.deepEqual(given, [
      {
        ...{ runSeed: 42, language: 'en', model: 'builtin', maxLength: 512, trainOnPrompt: false },
        ...{ format: 'alpaca', rewrittenTurns: 'divide', template: null },
        ...{ specialTokensInRows: 'parse', heldOut: 0.1, heldOutData: null, data: 'builtin' },
      },
    ]);
  });
});
