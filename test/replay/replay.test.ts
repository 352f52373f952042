import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';

/**
 * Histories of runs of released versions. Runs of those versions are alive somewhere: today's workflows
 * must go on with them. A history here is never recorded again; a change that breaks one needs `patched`.
 */
const FOLDER = new URL('./histories/', import.meta.url);

describe('a committed history', async () => {
  let workflowBundle: WorkflowBundle;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await bundleWorkflows();
  });

  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.pb'));

  it('is there for each workflow', () => {
    const types = new Set(names.map((name) => name.split('.')[0]));
    assert.deepEqual([...types].sort(), [
      'alpaca',
      'dedupe',
      'evaluate',
      'generate',
      'rate',
      'rater',
      'release',
      'sample',
      'tokenize',
      'train',
    ]);
  });

  const read = async (name: string) =>
    proto.temporal.api.history.v1.History.decode(await readFile(new URL(name, FOLDER)));

  // A run's children are named after it: its id is a part of what must come out the same.
  const replay = (history: proto.temporal.api.history.v1.History) =>
    Worker.runReplayHistory(
      { workflowBundle },
      history,
      history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? undefined,
    );

  for (const name of names) {
    it(`replays: ${name}`, async () => {
      const history = await read(name);
      assert.ok(history.events.length > 3);
      await replay(history);
    });
  }

  it('that calls other activities is refused, so a replay here can fail', async () => {
    const history = await read('alpaca.0.1.0.pb');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
      if (scheduled?.activityType?.name === 'sampleSeeds') scheduled.activityType.name = 'dedupeRows';
    }
    await assert.rejects(replay(history), {
      name: 'DeterminismViolationError',
    });
  });
});
