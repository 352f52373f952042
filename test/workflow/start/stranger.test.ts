import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../../workers/workflow-bundle.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { createFleet, eventually, type OwnHarness, startHarness } from '../harness.ts';
import { answered, paidEstimate, paying, type Script, scripted } from '../scripted-activities.ts';

const STRANGER = fileURLToPath(new URL('../../fixtures/stranger/workflows.ts', import.meta.url));

describe('a step that another service’s workflow starts as its child', () => {
  let harness: OwnHarness;
  before(async () => {
    // Long enough a history for some rounds: the generation continues as new on its way.
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=100']);
  });
  after(() => harness.close());

  it('is no step of a run, before and after it continues as new: it takes updates, reports to nobody, leaves a record', async () => {
    const { environment } = harness;
    const { client } = environment;
    const [taskQueue, elsewhere] = [`test-${randomUUID()}`, `stranger-${randomUUID()}`];
    const records: string[] = [];
    const activities: Script = {
      ...scripted,
      estimateGeneration: async () => paidEstimate,
      answerRequest: paying(async ({ request }) => answered(request, 0.5)),
      recordRun: async ({ type, status }) => {
        records.push(`${type} ${status}`);
      },
    };
    const fleet = await createFleet(environment, {
      ...{ taskQueue, activities },
      workflowBundle: await bundleWorkflows(),
    });
    const stranger = await Worker.create({
      ...{ connection: environment.nativeConnection, taskQueue: elsewhere, workflowsPath: STRANGER },
    });
    await stranger.runUntil(() =>
      fleet.runUntil(async () => {
        const input = { target: 600, budgetUsd: 25, roundSize: 2, concurrency: 4 };
        const parent = await client.workflow.start('stranger', {
          ...{ taskQueue: elsewhere, workflowId: elsewhere, args: ['generate', taskQueue, input] },
        });
        const child = client.workflow.getHandle(`${elsewhere}/child`);
        await eventually(
          () => child.query(progressQuery).catch(() => null),
          (progress) => progress?.pauseKind === 'budget',
        );
        const { events } = await child.fetchHistory();
        const started = events?.[0]?.workflowExecutionStartedEventAttributes;
        assert.ok(started?.continuedExecutionRunId, 'it has continued as new by then');
        await child.executeUpdate('setBudget', { args: [100] });
        await parent.result();
        assert.deepEqual(records, ['generate COMPLETED']);
        assert.deepEqual(await signalsOf(parent), []);
      }),
    );
  });
});

/** The names of the signals that a workflow was sent. */
async function signalsOf(handle: WorkflowHandle): Promise<unknown[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    ({ workflowExecutionSignaledEventAttributes: sent }) => sent?.signalName ?? [],
  );
}
