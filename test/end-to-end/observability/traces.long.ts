import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from '@temporalio/client';
import { traced } from '../../../activities/tracing.ts';
import { startTracing, type Tracing, tracedStarts } from '../../../workers/fleet/tracing.ts';
import { until } from '../../chaos/in-flight.ts';
import { type Processes, startProcesses } from '../../processes.ts';
import {
  CHAT,
  chatReply,
  type ScriptedTeacher,
  startScriptedTeacher,
} from '../../unit/activities/teacher/scripted-teacher.ts';
import { type CollectedSpan, type SpanCollector, startSpanCollector } from './span-collector.ts';

const ANSWER = 'What do frogs eat in spring?';

describe('a trace', () => {
  let collector: SpanCollector;
  let teacher: ScriptedTeacher;
  let processes: Processes;
  let tracing: Tracing;
  before(async () => {
    collector = await startSpanCollector();
    teacher = await startScriptedTeacher(() => chatReply(`Instruction: ${ANSWER}`));
    const { price, model } = teacher.profile();
    processes = await startProcesses({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      profiles: () => ({ scripted: { baseUrl: teacher.baseUrl, model, price } }),
    });
    await processes.start('data-worker');
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
    tracing = await startTracing('test');
  });
  after(async () => {
    await processes?.stop();
    await tracing?.close();
    await collector?.[Symbol.asyncDispose]();
    await teacher?.[Symbol.asyncDispose]();
  });

  const named = (name: string) => collector.spans.find((span) => span.name === name);
  const input = {
    teacher: 'scripted',
    target: 1,
    budgetUsd: 1,
    concurrency: 1,
    leastShare: 0,
    collapseAfter: 1,
  };

  it('leads from the start of a run to the workflow, its activities and the request to the teacher', async () => {
    const { connection } = processes.client;
    const client = new Client({ connection, interceptors: { workflow: [tracedStarts] } });
    await traced('trigger', {}, async () => {
      const options = { taskQueue: 'alpaca', workflowId: 'traced', args: [input] };
      await client.workflow.execute('generate', options).catch(() => {}); // whether it yields anything is no matter
    });
    await tracing.close();
    await until(async () => named('RunWorkflow:generate') !== undefined);
    const chain = [
      `chat ${CHAT.model}`,
      'RunActivity:answerRequest',
      'RunWorkflow:generate',
      'StartWorkflow:generate',
      'trigger',
    ];
    const spans = chain.map((name) => named(name) ?? assert.fail(`no span ${name}`));
    for (const [at, { parentSpanId }] of spans.entries()) {
      const above: CollectedSpan | undefined = spans[at + 1];
      if (above !== undefined)
        assert.equal(parentSpanId, above.spanId, `${chain[at]} is below ${above.name}`);
    }
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    const [asked] = spans;
    assert.equal(teacher.calls[0]?.headers.traceparent, `00-${asked?.traceId}-${asked?.spanId}-01`);
  });

  it('has neither prompt nor answer', async () => {
    const all = collector.bodies.join('');
    assert.ok(all.includes('temporalWorkflowID'));
    for (const text of [ANSWER, 'numbered collection']) assert.ok(!all.includes(text), text);
  });

  it('is made of a run too that nobody traced who started it, and is named after it', async () => {
    const handle = await processes.client.workflow.start('sample', {
      ...{ taskQueue: 'alpaca', workflowId: 'alone', args: [{}] },
    });
    await handle.result();
    await until(async () => named('RunWorkflow:sample') !== undefined);
    const run = named('RunWorkflow:sample');
    assert.equal(run?.traceId, handle.firstExecutionRunId.replaceAll('-', ''));
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === run?.spanId);
    assert.ok(below.some(({ name }) => name === 'RunActivity:sampleSeeds'));
  });
});
