import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { GenerateResult } from '../../workflows/contracts/generate.ts';
import { type Processes, startProcesses } from '../processes.ts';
import { inFlight, until } from './in-flight.ts';
import { trainUnderKills } from './training/kills.ts';
import { tellUnderKills, WEBHOOK_VARIABLES } from './webhooks/kills.ts';

/**
 * Real processes, killed with SIGKILL while work is in flight. What was paid for is counted from the
 * teacher's own log, never from our counters. A kill that met no work in flight fails the test.
 */

describe('generation under kill -9', () => {
  let processes: Processes;
  before(async () => {
    const slowAndFaulty = ['--latency-ms', '250', '--latency-spread-ms', '250'];
    processes = await startProcesses({ teacher: slowAndFaulty, env: WEBHOOK_VARIABLES });
    await processes.start('data-worker');
  });
  after(() => processes?.stop());

  const input = { target: 500, concurrency: 4, roundSize: 2 };
  let killed: GenerateResult;

  it('ends with the target reached after two kills of the worker and one of the server', async () => {
    const handle = await processes.client.workflow.start('generate', {
      taskQueue: 'alpaca',
      workflowId: 'killed',
      args: [input],
    });
    for (const [victim, answers] of [
      ['data-worker', 5],
      ['temporal', 15],
      ['data-worker', 25],
    ] as const) {
      await untilAnswered(processes, answers);
      // Between a lost attempt and its retry nothing may be in flight: such a kill would prove nothing.
      await until(() => inFlight(handle, 'answerRequest'));
      await processes.kill(victim);
      await processes.start(victim);
    }
    killed = (await handle.result()) as GenerateResult;
    assert.equal(killed.stopReason, 'target');
    assert.ok(killed.data.rows >= input.target);
  });

  it('paid for no answer twice outside the counted gap', async () => {
    const answered = (await processes.teacherLog()).filter(
      ({ path, status, fault }) => path.includes('completions') && status === 200 && !isTransportFault(fault),
    );
    const kept = (
      await readdir(join(processes.folder, 'store', 'entries', 'ledger', 'default'), { recursive: true })
    ).filter((name) => /\/[0-9a-f]{64}\.json$/.test(name));
    assert.ok(
      answered.length >= kept.length,
      `${answered.length} answers in the teacher's log, ${kept.length} in the ledger`,
    );
    assert.ok(
      answered.length - kept.length <= killed.lost,
      `${answered.length - kept.length} answers were paid for and lost; ${killed.lost} were counted`,
    );
    assert.ok(killed.prompts <= kept.length);
  });

  it('gives the same data, and sends nothing, when it runs undisturbed over the surviving ledger', async () => {
    const sentBefore = (await processes.teacherLog()).length;
    const again = (await processes.client.workflow.execute('generate', {
      taskQueue: 'alpaca',
      workflowId: 'again',
      args: [input],
    })) as GenerateResult;
    assert.equal(again.data.sha256, killed.data.sha256);
    assert.equal(again.sent, 0);
    assert.equal((await processes.teacherLog()).length, sentBefore);
  });

  it('tells a webhook at least once what a kill met on its way there, and the end of the run', async (test) => {
    const { events, tries, result } = await tellUnderKills(test, processes, 1);
    assert.deepEqual(events, ['stage', 'paused', 'cancelled']);
    assert.ok(tries.every((count) => count >= 2));
    assert.deepEqual(result, { delivered: 3, givenUp: 0 });
  });
});

describe('training under kill -9', () => {
  let processes: Processes;
  before(async () => {
    // A shard of this model is done before a second heartbeat at the usual interval would say how far it is.
    processes = await startProcesses({ env: { ALPACA_HEARTBEAT_SECONDS: '1' } });
    await processes.start('data-worker');
    await processes.start('gpu-worker');
  });
  after(() => processes?.stop());

  // The seed tasks as rows: 20 steps an epoch in two shards, a checkpoint every four steps.
  const input = { epochs: 1, checkpointEverySteps: 4 };

  it('ends with the very weights of an undisturbed run, after two kills in mid-shard', async () => {
    const training = { input, kills: 2, pastStep: 5 };
    const { undisturbed, killed, attempts } = await trainUnderKills(processes, training);
    assert.ok(attempts > 1, 'no attempt was interrupted');
    assert.equal(killed.model.sha256, undisturbed.model.sha256);
    assert.equal(killed.checkpoint.sha256, undisturbed.checkpoint.sha256);
    assert.deepEqual(killed.loss, undisturbed.loss);
    assert.ok(killed.loss.after < killed.loss.before);
  });

  it('leaves no training process behind', async () => {
    await processes.kill('gpu-worker');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
    const left = stdout
      .split('\n')
      .filter((line) => line.includes('activities/') && line.includes(processes.folder));
    assert.deepEqual(left, []);
  });
});

/** The teacher breaks the connection or the body: whether that was paid for, the client cannot know. */
function isTransportFault(fault: string | null): boolean {
  return (
    fault !== null &&
    ['rateLimited', 'serverError', 'cutConnection', 'malformedBody', 'emptyChoices'].includes(fault)
  );
}

async function untilAnswered(processes: Processes, answers: number): Promise<void> {
  await until(
    async () => (await processes.teacherLog()).filter(({ status }) => status === 200).length >= answers,
  );
}
