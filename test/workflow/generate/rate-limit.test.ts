import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type LeaseCall,
  type LeaseReply,
  type LimitsView,
  NO_LIMITS,
} from '../../../workflows/contracts/fleet/rate-limit.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import type { Harness } from '../harness.ts';
import { answered, type scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

const nothing = { requests: 0, tokens: 0 };

function call(number: number, part: Partial<LeaseCall> = {}): LeaseCall {
  const configured = { requests: null, tokens: 1000 };
  const shares = { released: nothing, used: nothing, wanted: [], holdMs: 1000 };
  return { holder: 'worker', number, ...shares, configured, learnt: NO_LIMITS, seen: null, ...part };
}

describe('the rate-limit workflow', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  const lease = (handle: WorkflowHandle, asked: LeaseCall) =>
    handle.executeUpdate<LeaseReply, [LeaseCall]>('lease', { args: [asked] });

  it('grants what fits, takes new limits by the Temporal CLI, and grants by them', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rateLimit', { profile: 'p' });
      assert.equal((await lease(handle, call(1, { wanted: [700, 700] }))).granted, 1);
      const { stdout } = await promisify(execFile)(process.env.ALPACA_TEMPORAL_CLI ?? 'temporal', [
        ...['workflow', 'update', 'execute', '--address', harness.environment.address],
        ...['--workflow-id', handle.workflowId, '--name', 'setLimits', '--input', '{"tokens": 5000}'],
        ...['--output', 'json'],
      ]);
      assert.equal((JSON.parse(stdout) as { result: LimitsView }).result.limits.tokens, 5000);
      const view = await handle.query<LimitsView>('limits');
      assert.deepEqual(view.sources.set, { requests: null, tokens: 5000 });
      assert.deepEqual(view.inFlight, { requests: 1, tokens: 700 });
      assert.equal((await lease(handle, call(2, { wanted: [700] }))).granted, 1);
      await handle.terminate();
    });
  });

  it('refuses what is no call and no limit, without a trace', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rateLimit', { profile: 'p' });
      await assert.rejects(handle.executeUpdate('setLimits', { args: [{ tokens: -1 }] }), (error: Error) =>
        /each a whole number from 1 or null/.test(String(error.cause)),
      );
      await assert.rejects(lease(handle, call(1, { wanted: [-5] })), (error: Error) =>
        /Refused/.test(String(error.cause)),
      );
      assert.deepEqual((await handle.query<LimitsView>('limits')).inFlight, nothing);
      await handle.terminate();
    });
  });

  it('goes on as a new run before a run’s 2,000 updates, and forgets nothing', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rateLimit', { profile: 'p' });
      const { runId: first } = await handle.describe();
      await lease(handle, call(1, { holder: 'other', holdMs: 600_000, wanted: [400] }));
      for (let number = 0; number < 1600; number += 8) {
        const calls = Array.from({ length: 8 }, (_, of) =>
          lease(handle, call(number + of, { holder: `w${of}` })),
        );
        // A call that comes while the run is changed is made again, as workers do.
        await Promise.all(calls.map((made) => made.catch(() => {})));
      }
      const { runId } = await harness.environment.client.workflow.getHandle(handle.workflowId).describe();
      const view = await harness.environment.client.workflow
        .getHandle(handle.workflowId)
        .query<LimitsView>('limits');
      assert.notEqual(runId, first);
      assert.deepEqual(view.inFlight, { requests: 1, tokens: 400 });
      await harness.environment.client.workflow.getHandle(handle.workflowId).terminate();
    });
  });

  it('ends by itself when nobody asks any more', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rateLimit', { profile: 'p', windowSeconds: 0.2 });
      await lease(handle, call(1, { holdMs: 10, wanted: [700] }));
      const view = (await handle.result()) as LimitsView;
      assert.deepEqual([view.inFlight, view.ended], [nothing, nothing]);
    });
  });
});

describe('generation that is told 429', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('never pauses nor fails, however often, and waits as long as Retry-After says', async () => {
    const triedAt: number[] = [];
    const answerRequest: typeof scripted.answerRequest = async ({ request }) => {
      if (request === 2 && triedAt.push(Date.now()) <= 20) {
        throw ApplicationFailure.create({
          message: 'asked faster than it allows',
          type: 'RateLimited',
          nextRetryDelay: 200,
        });
      }
      return answered(request);
    };
    await harness.withWorker({ answerRequest }, async (start) => {
      const handle = await start('generate', { target: 60, outageWaitSeconds: 600 });
      const states = new Set<string>();
      let ended = false;
      const watching = (async () => {
        while (!ended) {
          await handle.query(progressQuery).then(
            ({ state }) => states.add(state),
            () => {},
          );
          await sleep(100);
        }
      })();
      const result = (await handle.result()) as GenerateResult;
      ended = true;
      // A query in flight would outlive the connection.
      await watching;
      assert.equal(result.requests, 6);
      assert.equal(triedAt.length, 21);
      const waits = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
      assert.ok(Math.min(...waits) >= 190, `waits of ${waits.join(', ')} ms`);
      assert.ok(!states.has('paused'), 'the run paused');
    });
  });
});
