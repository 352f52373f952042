import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { Attempt } from '../../../../../activities/attempt.ts';
import type { LlamaConfig } from '../../../../../activities/model/folder/config.ts';
import { marked } from '../../../../../activities/process/program.ts';
import { identityDigest } from '../../../../../activities/train/checkpoint/identity.ts';
import { identify } from '../../../../../activities/train/checkpoint/stored-identity.ts';
import { gatherMetrics, type StepMetrics } from '../../../../../activities/train/metrics.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { joinShard } from '../../../../../activities/train/torchrun/join-shard.ts';
import type { Gather } from '../../../../../activities/train/torchrun/rendezvous.ts';
import { markOf, type TrainingPrograms } from '../../../../../activities/train/torchrun/torchrun.ts';
import { trainingPrograms } from '../../../../../workers/configuration.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type { NodePlace, Rendezvous } from '../../../../../workflows/contracts/train/nodes.ts';
import type {
  TrainingSettings,
  TrainShardInput,
} from '../../../../../workflows/contracts/train-activities.ts';
import { shardInput, type Training, tinyTraining, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

export interface TorchTraining extends Training {
  programs: TrainingPrograms;
}

/** A tiny training for either engine. */
export async function torchTraining(
  test: TestContext,
  change: Partial<LlamaConfig> = {},
): Promise<TorchTraining> {
  return { ...(await tinyTraining(test, change)), saveWithinMs: 60_000, programs: trainingPrograms() };
}

/** 15 steps by two processes, with a checkpoint after each third. */
export const torch: TrainingSettings = { ...settings, epochs: 3, engine: 'torchrun', processes: 2 };

/** The metrics of every step that a run has made. */
export async function metricsOf(input: TrainShardInput, { store }: Training): Promise<StepMetrics[]> {
  const identity = identityDigest((await identify(input, store)).identity);
  return gatherMetrics(store, { run: input.run, identity }, input.totalSteps);
}

/** Trains to the end, and gives the metrics of every step. */
export async function trainedBy(
  training: TorchTraining,
  change: Partial<TrainingSettings>,
  run: string,
): Promise<StepMetrics[]> {
  const input = await shardInput(training, { ...settings, ...change }, run);
  await trainShard(input, training, watched([]), 1);
  return metricsOf(input, training);
}

/** Trains to the end as two nodes of one process each, both on this machine. */
export async function trainedByTwoNodes(
  training: TorchTraining,
  input: TrainShardInput,
  attempts: readonly [Attempt, Attempt] = [watched([]), watched([])],
  attemptNumber = 1,
): Promise<StepMetrics[]> {
  const places: NodePlace[] = [];
  const { promise, resolve } = Promise.withResolvers<Rendezvous>();
  const gather: Gather = (place) => {
    places.push(place);
    const first = places.find(({ node }) => node === 0);
    if (places.length === 2 && first) {
      const { group: _group, node: _node, ...rendezvous } = first;
      resolve(rendezvous);
    }
    return promise;
  };
  const deps = { ...training, programs: { ...training.programs, address: '127.0.0.1' }, gather };
  const node = (number: number) => ({ ...input, node: { group: 0, node: number, nodes: 2 } });
  const both = await Promise.allSettled([
    trainShard(node(0), deps, attempts[0], attemptNumber),
    joinShard(node(1), deps, attempts[1]),
  ]);
  for (const each of both) if (each.status === 'rejected') throw each.reason;
  return metricsOf(input, training);
}

/** Holds two trainings against each other, step by step. */
export function assertClose(
  found: readonly StepMetrics[],
  expected: readonly StepMetrics[],
  by: number,
): void {
  assert.equal(found.length, expected.length);
  for (const [index, { step, loss, gradientNorm, learningRate, tokens, targets }] of found.entries()) {
    const other = expected[index];
    assert.ok(other);
    assert.deepEqual(
      [step, learningRate, tokens, targets],
      [other.step, other.learningRate, other.tokens, other.targets],
    );
    assert.ok(Math.abs(loss - other.loss) <= by, `step ${step}: loss ${loss} and ${other.loss}`);
    assert.ok(Math.abs(gradientNorm - other.gradientNorm) <= by, `step ${step}: norm ${gradientNorm}`);
  }
}

/** An attempt that does something once it has reported so many steps. */
export function attemptThat(
  act: (controller: AbortController) => unknown,
  afterSteps: number,
  reports: StepProgress[] = [],
): Attempt {
  const controller = new AbortController();
  const attempt = watched(reports, controller.signal);
  return {
    ...attempt,
    isUnwanted: () => true,
    report(progress) {
      attempt.report(progress);
      if (progress.figures && progress.done === afterSteps) act(controller);
    },
  };
}

/** Process ids of what the launcher of a training is, or of the processes that it has started. */
export async function processesOf(
  input: TrainShardInput,
  { store }: Training,
): Promise<{ launcher: number[]; ranks: number[] }> {
  const found = { launcher: [] as number[], ranks: [] as number[] };
  const { identity } = await identify(input, store);
  for (const pid of await marked(markOf({ run: input.run, identity }))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('torch.distributed.run')) found.launcher.push(pid);
    else if (command.includes('train.py')) found.ranks.push(pid);
  }
  return found;
}
