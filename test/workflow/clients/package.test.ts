import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ApplicationFailure, CancelledFailure, Client, type WorkflowHandle } from '@temporalio/client';
import { NexusOperationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { alpacaRun } from '../../../clients/typescript/index.ts';
import type { GenerateInput, GenerateResult, TrainResult } from '../../../clients/typescript/nexus.ts';
import { STARTED_BY } from '../../../workflows/contracts/run/said.ts';
import { BARE_ENVIRONMENT } from '../../bare-environment.ts';
import { untilCancelled } from '../alpaca/counted-run.ts';
import { eventually, type Harness } from '../harness.ts';
import { reference } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';
import { held } from './held.ts';
import { blocksOf, type Installed, installClient, removed, run } from './packed-client.ts';

/** A stranger's folder with the packed client: the program of its README, and the workflow of docs/clients.md. */

let harness: Harness;
let installed: Installed;
before(async () => {
  harness = await sharedHarness();
  installed = await installClient();
  const [program = ''] = await blocksOf('clients/typescript/README.md', 'ts');
  const [caller = ''] = await blocksOf('docs/clients.md', 'ts');
  await writeFile(join(installed.folder, 'program.ts'), here(program));
  await writeFile(join(installed.folder, 'caller.ts'), caller + INSTRUCT);
});
after(() => removed(installed));

/** What the docs say of the usual server and queue, for those of the test. */
function here(text: string): string {
  return text
    .replace('127.0.0.1:7233', harness.environment.address)
    .replace("taskQueue: 'alpaca'", `taskQueue: '${harness.taskQueue}'`)
    .replace('--target-task-queue alpaca', `--target-task-queue ${harness.taskQueue}`);
}

describe('the package of the client', () => {
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
    await writeFile(join(installed.folder, 'typed.ts'), TYPED);
    assert.equal(await installed.compile(['program.ts', 'caller.ts', 'typed.ts']), '');
  });

  it('runs the program of its README', async () => {
    const { sampleSeeds, release } = held();
    await harness.withWorker({ sampleSeeds }, async () => {
      const running = run(join(installed.folder, 'program.ts'), BARE_ENVIRONMENT);
      const begun = alpacaRun(harness.environment.client, 'night-1');
      await eventually(
        () => begun.progress().catch(() => null),
        (progress) => progress?.target === 100,
      );
      const { memo } = await harness.environment.client.workflow.getHandle('night-1').describe();
      assert.equal(memo?.[STARTED_BY], 'ann');
      release();
      // Its step has gone on meanwhile, or has not.
      assert.match(String((await running).stdout), /^100 [a-z]+\n100\n$/);
    });
  });
});

describe('a workflow of another namespace, by Nexus', () => {
  const namespace = 'search';
  let caller: Client;
  let end: () => Promise<void>;
  before(async () => {
    const [, endpoint = ''] = await blocksOf('docs/clients.md', '');
    await temporal(`operator namespace create --namespace ${namespace}`);
    await temporal(here(endpoint.trim()).replace(/^temporal /, ''));
    const { client, nativeConnection: connection } = harness.environment;
    caller = new Client({ connection: client.connection, namespace });
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: join(installed.folder, 'caller.ts'),
      logger: new DefaultLogger('WARN'),
      webpackConfigHook: (config) => ({ ...config, resolve: { ...config.resolve, symlinks: false } }),
    });
    const worker = await eventually(
      () => Worker.create({ connection, namespace, taskQueue: namespace, workflowBundle }).catch(() => null),
      (made) => made !== null,
    );
    const running = worker?.run();
    end = async () => {
      worker?.shutdown();
      await running;
    };
  });
  after(() => end());

  async function temporal(command: string): Promise<void> {
    const cli = process.env.ALPACA_TEMPORAL_CLI ?? 'temporal';
    await promisify(execFile)(cli, [...command.split(' '), '--address', harness.environment.address]);
  }

  const call = <Result>(type: string, input: object) =>
    caller.workflow.start<(input: object) => Promise<Result>>(type, {
      ...{ taskQueue: namespace, workflowId: `${type}-${randomUUID()}`, args: [input] },
    });

  /** What the operation started, in the namespace of the workers. */
  async function startedBy({ workflowId }: WorkflowHandle): Promise<WorkflowHandle> {
    const { workflow } = harness.environment.client;
    const by = `Nexus: ${workflowId} in ${namespace}`;
    const find = async () => {
      for await (const { workflowId: id, memo } of workflow.list())
        if (memo?.[STARTED_BY] === by) return workflow.getHandle(id);
      return null;
    };
    const found = await eventually(find, (handle) => handle !== null);
    assert.ok(found);
    return found;
  }

  async function reasonOf(handle: WorkflowHandle): Promise<Error | undefined> {
    const failure = await handle.result().then(
      () => assert.fail('it completed'),
      ({ cause }: Error) => cause,
    );
    assert.ok(failure instanceof NexusOperationFailure, String(failure));
    return failure.cause;
  }

  it('trains and generates, and is known to have', async () => {
    await harness.withWorker({}, async () => {
      const training = await call<TrainResult>('retrain', { epochs: 1 });
      assert.equal((await training.result()).model.uri, reference('model', 6, 'trained').uri);
      assert.equal((await (await startedBy(training)).describe()).type, 'train');
      const input: GenerateInput = { target: 30, budgetUsd: 1 };
      const { data } = await (await call<GenerateResult>('instruct', input)).result();
      assert.equal(data.rows, 30);
    });
  });

  it('reads why an operation failed, by its code', async () => {
    const planTraining = async () => {
      throw ApplicationFailure.nonRetryable('There is no file /a.', 'NotFound');
    };
    await harness.withWorker({ planTraining }, async () => {
      const missing = await reasonOf(await call('retrain', {}));
      assert.ok(missing instanceof ApplicationFailure);
      assert.equal(missing.type, 'NotFound');
      assert.match(missing.message, /^There is no file \/a\. Once that is mended/);
      const wrong = await reasonOf(await call('retrain', { epoch: 1 }));
      assert.ok(wrong instanceof ApplicationFailure);
      assert.equal(wrong.type, 'InvalidInput');
      assert.match(wrong.message, /the input has no field "epoch"/);
      assert.deepEqual(wrong.details, [{ problems: ['the input has no field "epoch"'] }]);
    });
  });

  it('cancels what it called, and hears of it when that has ended', async () => {
    const begun = Promise.withResolvers<void>();
    const trainShard = async () => {
      begun.resolve();
      return untilCancelled();
    };
    await harness.withWorker({ trainShard }, async () => {
      const calling = await call('retrain', {});
      await begun.promise;
      await calling.cancel();
      const training = await startedBy(calling);
      await assert.rejects(calling.result(), (error: Error) => error.cause instanceof CancelledFailure);
      assert.equal((await training.describe()).status.name, 'CANCELLED');
    });
  });
});

const INSTRUCT = `
import type { GenerateInput, GenerateResult } from 'alpaca-temporal-client/nexus';

export async function instruct(input: GenerateInput): Promise<GenerateResult> {
  return createNexusServiceClient({ endpoint: 'alpaca', service: alpaca }).executeOperation('generate', input);
}
`;

const TYPED = `
import type { AlpacaInput, AlpacaResult, FailureCode, Progress } from 'alpaca-temporal-client';
import type { TrainInput } from 'alpaca-temporal-client/nexus';

export const input: AlpacaInput = { generate: { target: 200 }, train: { epochs: 1 } };
// @ts-expect-error: no such field
export const unknownField: AlpacaInput = { generate: { targets: 200 } };
// @ts-expect-error: a number
export const wrongType: TrainInput = { epochs: 'three' };
// @ts-expect-error: no such code
export const code: FailureCode = 'Oops';
export const lossAfter = ({ train }: AlpacaResult): number => train.loss.after;
export const isTraining = ({ stage }: Progress): boolean => stage === 'train';
`;
