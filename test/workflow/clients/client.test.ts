import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, it } from 'node:test';
import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
} from '@temporalio/client';
import {
  AlpacaFailure,
  type AlpacaInput,
  alpacaRun,
  startAlpaca,
} from '../../../clients/typescript/index.ts';
import type { Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';
import { held } from './held.ts';

let harness: Harness;
let client: Client;
before(async () => {
  harness = await sharedHarness();
  client = harness.environment.client;
});

const options = () => ({ taskQueue: harness.taskQueue, workflowId: `client-${randomUUID()}` });

describe('the client in TypeScript', () => {
  it('starts a run, changes it, says how it stands and waits for its result', async () => {
    const { sampleSeeds, release } = held();
    await harness.withWorker({ sampleSeeds }, async () => {
      const run = await startAlpaca(client, { budgetUsd: 1, generate: { target: 40 } }, options());
      const { pause, resume, setBudget, setTarget, setConcurrency } = run.updates;
      assert.deepEqual(await pause(), {
        ...{ paused: true, budgetUsd: 1, target: 40, concurrency: 8, stopEarly: false },
      });
      assert.equal((await run.progress()).pauseKind, 'person');
      assert.equal((await resume()).paused, false);
      assert.equal((await setBudget(2.5)).budgetUsd, 2.5);
      assert.equal((await setConcurrency(3)).concurrency, 3);
      assert.equal((await setTarget(20)).target, 20);
      release();
      assert.equal((await run.result())?.rows, 20);
      const again = alpacaRun(client, run.workflowId);
      assert.deepEqual([(await again.progress()).state, (await again.progress()).accepted], ['done', 20]);
    });
  });

  it('ends generation early', async () => {
    const { sampleSeeds, release } = held();
    await harness.withWorker({ sampleSeeds }, async () => {
      const run = await startAlpaca(client, { generate: { target: 40 } }, options());
      assert.equal((await run.updates.stopEarly()).stopEarly, true);
      release();
      await assert.rejects(run.result(), { name: 'AlpacaFailure', code: 'NothingAccepted' });
    });
  });

  it('says by a code, and field by field, what is wrong with an input', async () => {
    await harness.withWorker({}, async () => {
      const wrong: object = { generate: { target: 'many' }, tokenise: {} };
      const run = await startAlpaca(client, wrong as AlpacaInput, options());
      await assert.rejects(run.result(), (error) => {
        assert.ok(error instanceof AlpacaFailure);
        assert.equal(error.code, 'InvalidInput');
        assert.deepEqual(error.problems, [
          'generate.target is "many": expected a number',
          'the input has no field "tokenise"',
        ]);
        assert.match(error.remedy, /^Correct what the message names/);
        assert.ok(error.cause instanceof WorkflowFailedError);
        return true;
      });
    });
  });

  it('says by a code that an update is refused, and what an activity failed of', async () => {
    const { sampleSeeds, release } = held();
    const noSeeds: typeof sampleSeeds = async (input) => {
      await sampleSeeds(input);
      throw ApplicationFailure.nonRetryable('There is no file /a.', 'NotFound');
    };
    await harness.withWorker({ sampleSeeds: noSeeds }, async () => {
      const run = await startAlpaca(client, {}, options());
      await assert.rejects(run.updates.setTarget(-1), { name: 'AlpacaFailure', code: 'UpdateRefused' });
      release();
      await assert.rejects(run.result(), { code: 'NotFound', message: /^There is no file \/a\. Once that/ });
    });
  });

  it('leaves what has no code as the SDK throws it', async () => {
    const { sampleSeeds, release } = held();
    await harness.withWorker({ sampleSeeds }, async () => {
      const start = options();
      const run = await startAlpaca(client, {}, start);
      await assert.rejects(startAlpaca(client, {}, start), WorkflowExecutionAlreadyStartedError);
      await run.cancel();
      release();
      await assert.rejects(run.result(), (error) => {
        assert.ok(error instanceof WorkflowFailedError);
        assert.equal(error.cause?.name, 'CancelledFailure');
        assert.equal(AlpacaFailure.within(error), null);
        return true;
      });
    });
  });
});
