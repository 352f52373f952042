import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { STARTS } from '../../workflows/decisions/start/starts.ts';
import { carrierOf, TRACE_HEADER } from '../../workflows/decisions/start/trace-context.ts';
import { UNMEASURED } from '../workflow/unmeasured.ts';

/**
 * Histories of each workflow in each of its shapes: a change that asks for other things, or in another order,
 * fails here. Until a version is released `npm run histories` records them again; from then on runs of released
 * versions are alive somewhere, and must be gone on with.
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
    const types = new Set(names.map((name) => name.split(/[.-]/)[0]));
    assert.deepEqual([...types].sort(), Object.keys(STARTS).sort());
  });

  const read = async (name: string) =>
    proto.temporal.api.history.v1.History.decode(await readFile(new URL(name, FOLDER)));

  // A run's children are named after it: its id is a part of what must come out the same.
  const replay = (history: proto.temporal.api.history.v1.History, sinks = UNMEASURED) =>
    Worker.runReplayHistory(
      { workflowBundle, sinks },
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

  it('of a whole run shows the recipe: its activities and steps, and little beside them', async () => {
    const { events } = await read('alpaca-filtered.pb');
    const activities = events.flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
    );
    const steps = events.flatMap(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowType?.name ?? [],
    );
    assert.deepEqual(activities, [
      ...['checkInput', 'sampleSeeds', 'dedupeRows', 'filterRows', 'tokenizeRows', 'writeRelease'],
      'recordRun',
    ]);
    assert.deepEqual(steps, ['generate', 'train', 'evaluate']);
    const signals = events.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal);
    const sent = events.filter(({ signalExternalWorkflowExecutionInitiatedEventAttributes: out }) => out);
    const timers = events.filter(({ timerStartedEventAttributes: timer }) => timer);
    assert.deepEqual([signals.length, sent.length, timers.length], [4, 0, 0]);
  });

  it('replays alike where whoever started it has traced it: headers are no command', async () => {
    const history = await read('alpaca.pb');
    const started = history.events[0]?.workflowExecutionStartedEventAttributes;
    assert.ok(started && !started.header?.fields?.[TRACE_HEADER]);
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: '01' };
    started.header = { fields: { [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrierOf(parent)) } };
    const seen: unknown[] = [];
    const ran = {
      fn: (_: unknown, run: unknown) => void seen.push(structuredClone(run)),
      callDuringReplay: true,
    };
    await replay(history, { ...UNMEASURED, traces: { ran } });
    assert.deepEqual(seen, [{ parent, failure: null }]);
  });

  it('that calls other activities is refused, so a replay here can fail', async () => {
    const history = await read('alpaca.pb');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
      if (scheduled?.activityType?.name === 'sampleSeeds') scheduled.activityType.name = 'dedupeRows';
    }
    await assert.rejects(replay(history), {
      name: 'DeterminismViolationError',
    });
  });
});
