import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { identityDigest } from '../../../../../activities/train/checkpoint/identity.ts';
import { gatherMetrics, type StepMetrics } from '../../../../../activities/train/metrics.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { heldOutTokens, shardInput, tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

/** The metrics of a training that saves and measures on the way: `epochs` of 5 steps each. */
export async function trainedFor(epochs: number, test: TestContext): Promise<StepMetrics[]> {
  const training = await tinyTraining(test);
  const measuring = { ...settings, epochs, checkpointEverySteps: 50, evaluateEverySteps: 25 };
  const input = {
    ...(await shardInput(training, measuring, 'run')),
    heldOutTokens: await heldOutTokens(training),
  };
  const { checkpoint, step } = await trainShard(input, training, unwatched, 1);
  const { identity } = await readState(await training.store.open(checkpoint));
  return gatherMetrics(training.store, { run: 'run', identity: identityDigest(identity) }, step);
}

/** Every batch has its shape in the first epochs: its constants stay. From then on no tensor may. */
export function assertTensorsFlat(metrics: readonly StepMetrics[], from: number): void {
  const counts = new Set(metrics.slice(from).map(({ tensors }) => tensors));
  assert.equal(counts.size, 1, `from step ${from} on there are ${[...counts].join(', ')} tensors`);
  assert.ok([...counts][0], 'the binding counts its tensors');
}

export function meanMemory(metrics: readonly StepMetrics[]): number {
  return metrics.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / metrics.length;
}
