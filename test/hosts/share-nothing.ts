import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { livingWorkers, queueCalls } from '../../workers/fleet/unpolled.ts';
import type { GenerateResult } from '../../workflows/contracts/generate.ts';
import type { TrainResult } from '../../workflows/contracts/train.ts';
import { failedWorkflowTasks, inFlight, until } from '../chaos/in-flight.ts';
import { STEADY_TEACHER } from '../chaos/steady-teacher.ts';
import { type Processes, type ProcessesOptions, startProcesses } from '../processes.ts';
import { BUCKET, startS3 } from '../s3/versitygw.ts';
import { hostsOfTheirOwn, type Network } from './network.ts';

/** A host of the fleet; `trainer` is whichever GPU worker is at the training. */
export type Victim = 'temporal' | 'teacher' | 'store' | 'data-worker' | 'trainer';

export interface Cuts {
  /** one generation for each */
  generating: readonly Victim[];
  /** one training for each */
  training: readonly Victim[];
  /** from a cut to its healing: an attempt that is silent for 4 s is given to another worker */
  cutMs: number;
  /** how the trainings are set, beside `SHORT_TRAINING` */
  train?: object;
  /** told what its hosts are, and of every cut */
  say(line: string): void;
}

interface Digests {
  rows: string;
  model: string;
  checkpoint: string;
}

export interface SharedNothing {
  oneMachine: Digests;
  /** of each generation and training that was disturbed, by who was cut off */
  rows: Record<string, string>;
  models: Record<string, Omit<Digests, 'rows'>>;
  /** attempts that a cut made another worker begin */
  takenOver: number;
  lost: number;
  /** what its GPU workers say of themselves, without their process and host */
  devices: string[];
  failedWorkflowTasks: number;
}

/** Eight requests, three at once. */
const GENERATION = { target: 100, concurrency: 3, roundSize: 4, promptsPerRequest: 1 };
/** The seed tasks as rows: 40 steps in one shard. */
const SHORT_TRAINING = { epochs: 1, shardsPerEpoch: 1, globalBatch: 4, checkpointEverySteps: 6 };
const SLOW_ENOUGH = [...STEADY_TEACHER, '--latency-ms', '1200'];

/**
 * Generates and trains with every process on a host of its own (a data worker, two GPU workers, the Temporal server,
 * the teacher, a bucket), and cuts one host after another off while it has work in hand; beside it the same on one
 * machine over a folder. Gives the reason where it cannot: a test is skipped with it then.
 */
export async function shareNothing(cuts: Cuts): Promise<SharedNothing | string> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-hosts-'));
  const network = await hostsOfTheirOwn(folder);
  const store = await startS3({ on: await network.host('store') });
  try {
    if (typeof store === 'string') return store;
    cuts.say(`each process has a host of its own: ${network.kind}`);
    const oneMachine = await withProcesses({}, (processes) => undisturbed(processes, cuts));
    const options = { network, store: `s3://${BUCKET}/fleet`, env: store.env };
    return {
      oneMachine,
      ...(await withProcesses(options, (processes) => disturbed(processes, network, cuts))),
    };
  } finally {
    if (typeof store !== 'string') await store.stop();
    await network.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function undisturbed(processes: Processes, cuts: Cuts): Promise<Digests> {
  await processes.start('data-worker');
  await processes.start('gpu-worker');
  const generation = await generate(processes, 'undisturbed');
  const training = await train(processes, 'undisturbed', cuts);
  const { data }: GenerateResult = await generation.result();
  return { rows: data.sha256, ...digestsOf(await training.result()) };
}

async function disturbed(
  processes: Processes,
  network: Network,
  cuts: Cuts,
): Promise<Omit<SharedNothing, 'oneMachine'>> {
  for (const name of ['data-worker', 'gpu-worker', 'gpu-worker-2'] as const) await processes.start(name);
  const cutOff = async (name: string) => {
    const host = await network.host(name);
    await host.cut();
    await sleep(cuts.cutMs);
    await host.heal();
  };
  const rows: SharedNothing['rows'] = {};
  const models: SharedNothing['models'] = {};
  let [takenOver, lostInAll] = [0, 0];
  const generating = async (victim: Victim) => {
    const before = await answeredOf(processes);
    const handle = await generate(processes, victim);
    await until(async () => (await answeredOf(processes)) >= before + 2);
    await until(() => inFlight(handle, 'answerRequest'));
    cuts.say(`generating: ${victim} is cut off`);
    await cutOff(victim);
    const { data, lost }: GenerateResult = await handle.result();
    rows[victim] = data.sha256;
    lostInAll += lost;
    // It answers differently who asks the same again, and a new one has been asked nothing.
    await processes.kill('teacher');
    await processes.start('teacher');
  };
  const training = async (victim: Victim) => {
    const handle = await train(processes, victim, cuts);
    const trainer = await untilTraining(handle, processes);
    cuts.say(`training: ${victim}${victim === 'trainer' ? ` (${trainer})` : ''} is cut off`);
    await cutOff(victim === 'trainer' ? trainer : victim);
    models[victim] = digestsOf(await handle.result());
    takenOver += await attemptsAnew(handle);
  };
  const oneAfterAnother = async (victims: readonly Victim[], work: (victim: Victim) => Promise<void>) => {
    for (const victim of victims) await work(victim);
  };
  await Promise.all([oneAfterAnother(cuts.generating, generating), oneAfterAnother(cuts.training, training)]);
  const devices = await advertisedDevices(processes);
  const failed = await failedWorkflowTasks(processes.client);
  return { rows, models, takenOver, lost: lostInAll, devices, failedWorkflowTasks: failed };
}

/** What must hold whoever was cut off. */
export function assertSame(found: SharedNothing): void {
  const { oneMachine, rows, models, lost, devices, failedWorkflowTasks } = found;
  const { rows: expected, ...model } = oneMachine;
  for (const [victim, digest] of Object.entries(rows)) assert.equal(digest, expected, `rows: ${victim}`);
  for (const [victim, digests] of Object.entries(models))
    assert.deepEqual(digests, model, `model: ${victim}`);
  assert.equal(lost, 0);
  const builds = devices.map((device) => /^cpu .+, \d+\.\d GiB, build ([0-9a-f]{8})$/.exec(device)?.[1]);
  assert.ok(builds[0] !== undefined && builds[0] === builds[1], devices.join('; '));
  assert.equal(failedWorkflowTasks, 0);
}

function generate({ client }: Processes, name: string): Promise<WorkflowHandle> {
  const workflowId = `generate-${name}`;
  const input = { ...GENERATION, ledger: name };
  return client.workflow.start('generate', { taskQueue: 'alpaca', workflowId, args: [input] });
}

function train({ client }: Processes, name: string, { train: settings }: Cuts): Promise<WorkflowHandle> {
  const workflowId = `train-${name}`;
  const input = { ...SHORT_TRAINING, ...settings };
  return client.workflow.start('train', { taskQueue: 'alpaca', workflowId, args: [input] });
}

function digestsOf({ model, checkpoint }: TrainResult): Omit<Digests, 'rows'> {
  return { model: model.sha256, checkpoint: checkpoint.sha256 };
}

/** Waits until a shard is past a checkpoint, and gives the GPU worker that is at it. */
async function untilTraining(
  handle: WorkflowHandle,
  processes: Processes,
): Promise<'gpu-worker' | 'gpu-worker-2'> {
  let identity = '';
  await until(async () => {
    const { raw } = await handle.describe();
    const shard = (raw.pendingActivities ?? []).find(
      ({ activityType }) => activityType?.name === 'trainShard',
    );
    const [payload] = shard?.heartbeatDetails?.payloads ?? [];
    const progress = payload?.data ? JSON.parse(Buffer.from(payload.data).toString()) : null;
    identity = shard?.lastWorkerIdentity ?? '';
    return (progress?.done ?? 0) > SHORT_TRAINING.checkpointEverySteps;
  });
  return identity.startsWith(`${processes.pid('gpu-worker')}@`) ? 'gpu-worker' : 'gpu-worker-2';
}

/** As `npx alpaca workers` lists them, once both have found out. */
async function advertisedDevices({ client: { workflowService, options } }: Processes): Promise<string[]> {
  const calls = queueCalls({ workflowService, namespace: options.namespace });
  let devices: string[] = [];
  await until(async () => {
    const { gpu } = await livingWorkers(calls, 'alpaca');
    devices = gpu.flatMap((identity) => /^\d+@\S+ (.+)$/.exec(identity)?.[1] ?? []);
    return devices.length === 2;
  });
  return devices;
}

/** Attempts that followed another one. */
async function attemptsAnew(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).reduce(
    (sum, { activityTaskStartedEventAttributes: started }) => sum + Math.max(0, (started?.attempt ?? 1) - 1),
    0,
  );
}

async function answeredOf(processes: Processes): Promise<number> {
  const log = await processes.teacherLog();
  return log.filter(({ status }) => status === 200).length;
}

async function withProcesses<Result>(
  options: ProcessesOptions,
  work: (processes: Processes) => Promise<Result>,
): Promise<Result> {
  const env = { ALPACA_HEARTBEAT_SECONDS: '1', ...options.env };
  const processes = await startProcesses({ ...options, env, teacher: SLOW_ENOUGH });
  try {
    return await work(processes);
  } finally {
    await processes.stop();
  }
}
