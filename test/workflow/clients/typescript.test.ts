import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import {
  AlpacaFailure,
  type AlpacaInput,
  alpacaRun,
  startAlpaca,
} from '../../../clients/typescript/index.ts';
import { BARE_ENVIRONMENT } from '../../bare-environment.ts';
import { eventually, type Harness } from '../harness.ts';
import { scripted } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';
import { blocksOf, type Installed, installClient, removed, run } from './packed-client.ts';

let harness: Harness;
let client: Client;
before(async () => {
  harness = await sharedHarness();
  client = harness.environment.client;
});

/** Holds the first activity of a run until it is released. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sampleSeeds: typeof scripted.sampleSeeds = async (input) => {
    await promise;
    return scripted.sampleSeeds(input);
  };
  return { sampleSeeds, release: resolve };
}

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
      assert.equal((await run.result()).rows, 20);
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
    const noSeeds = async () => {
      await sampleSeeds({} as Parameters<typeof sampleSeeds>[0]);
      const { ApplicationFailure } = await import('@temporalio/common');
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

describe('its package', () => {
  let installed: Installed;
  before(async () => {
    installed = await installClient();
  });
  after(() => removed(installed));

  it('brings the Temporal client, and neither TensorFlow nor a worker', () => {
    const { packages } = installed;
    for (const needed of ['@temporalio/client', 'nexus-rpc', 'zod']) assert.ok(packages.includes(needed));
    const unwanted = /tensorflow|^@temporalio\/(worker|workflow|core-bridge|activity)$|^openai$|^@aws/;
    assert.deepEqual(
      packages.filter((name) => unwanted.test(name)),
      [],
    );
  });

  it('types inputs and results by the contracts', async () => {
    const [program = ''] = await blocksOf('clients/typescript/README.md', 'ts');
    await writeFile(join(installed.folder, 'program.ts'), program);
    await writeFile(join(installed.folder, 'typed.ts'), TYPED);
    assert.equal(await installed.compile(['program.ts', 'typed.ts']), '');
  });

  it('runs the program of its README', async () => {
    const [program = ''] = await blocksOf('clients/typescript/README.md', 'ts');
    const { sampleSeeds, release } = held();
    await harness.withWorker({ sampleSeeds }, async () => {
      const path = join(installed.folder, 'here.ts');
      const { address } = harness.environment;
      await writeFile(
        path,
        program
          .replace('127.0.0.1:7233', address)
          .replace("taskQueue: 'alpaca'", `taskQueue: '${harness.taskQueue}'`),
      );
      const running = run(path, BARE_ENVIRONMENT);
      const begun = alpacaRun(client, 'night-1');
      await eventually(
        () => begun.progress().catch(() => null),
        (progress) => progress?.target === 100,
      );
      release();
      const { stdout } = await running;
      assert.equal(stdout, '100 sample\n100\n');
    });
  });
});

const TYPED = `
import { type AlpacaInput, type AlpacaResult, type FailureCode, type Progress } from 'alpaca-temporal-client';
import { type TrainInput } from 'alpaca-temporal-client/nexus';

export const input: AlpacaInput = { generate: { target: 200 }, train: { epochs: 1 } };
// @ts-expect-error: no such field
export const unknownField: AlpacaInput = { generate: { targets: 200 } };
// @ts-expect-error: a number
export const wrongType: TrainInput = { epochs: 'three' };
// @ts-expect-error: no such code
export const code: FailureCode = 'Oops';
export const lossAfter = ({ train }: AlpacaResult): number => train.loss.after;
export const stage = ({ stage }: Progress): 'train' | 'release' | null => (stage === 'train' || stage === 'release' ? stage : null);
`;
