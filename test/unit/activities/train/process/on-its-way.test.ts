import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { identityDigest } from '../../../../../activities/train/checkpoint/identity.ts';
import { gatherMetrics } from '../../../../../activities/train/metrics.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import { shardInput, tinyTraining, trainAll, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

describe('a checkpoint on its way into the store', () => {
  it('does not hold up the steps after it, whose metrics are kept too', async (test) => {
    const training = await tinyTraining(test);
    const input = await shardInput(training, settings, 'run');
    const reports: StepProgress[] = [];
    const attempt = watched(reports);
    const reached = Promise.withResolvers<void>();
    takeFirstCheckpointAfter(training.store, () => reached.promise);
    const report = (progress: StepProgress) => {
      attempt.report(progress);
      if (progress.figures?.step === 5) reached.resolve();
    };
    const { checkpoint, step } = await trainShard(input, training, { ...attempt, report }, 1);
    assert.equal(step, 10);
    const notes = reports.map(({ done, note }) => `${done} ${note?.split(' ')[0]}`);
    assert.deepEqual(notes.slice(0, 6), ['0 loaded', '1 loss', '2 loss', '3 loss', '4 loss', '5 loss']);
    assert.ok(reports.every(({ done }, index) => done >= (reports[index - 1]?.done ?? 0)));
    const { identity } = await readState(await training.store.open(checkpoint));
    const key = { run: 'run', identity: identityDigest(identity) };
    const metrics = await gatherMetrics(training.store, key, step);
    assert.deepEqual(
      metrics.map((each) => each.step),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  it('is what another process goes on from at once, where the one that wrote it is killed meanwhile', async (test) => {
    const straight = await trainAll(await tinyTraining(test), settings, 'run');
    const training = { ...(await tinyTraining(test)), kept: null };
    const input = await shardInput(training, settings, 'run');
    const before = new Set(await childrenOfThisProcess());
    takeFirstCheckpointAfter(training.store, () => killChild(before));
    const reports: StepProgress[] = [];
    const { checkpoint } = await trainShard(input, training, watched(reports), 1);
    assert.equal(checkpoint.sha256, straight.sha256);
    const loaded = reports.filter(({ note }) => note === 'loaded');
    assert.deepEqual(
      loaded.map(({ done }) => done),
      [0, 3],
    );
  });
});

describe('a training process that is killed before it has saved anything', () => {
  it('fails the attempt: what kills it might kill each', async (test) => {
    const training = { ...(await tinyTraining(test)), kept: null };
    const input = await shardInput(training, settings, 'run');
    const before = new Set(await childrenOfThisProcess());
    const attempt = {
      ...watched([]),
      report: ({ note }: StepProgress) => void (note === 'loaded' && killChild(before)),
    };
    await assert.rejects(trainShard(input, training, attempt, 1), { code: 'ProcessDied' });
  });
});

async function killChild(before: ReadonlySet<number>): Promise<void> {
  const [child] = (await childrenOfThisProcess()).filter((each) => !before.has(each));
  process.kill(child ?? Number.NaN, 'SIGKILL');
}

/** Has the store wait before it takes the first checkpoint. */
function takeFirstCheckpointAfter(store: ArtifactStore, wait: () => Promise<void>): void {
  const take = store.take.bind(store);
  let isFirst = true;
  store.take = async (kind, ...rest) => {
    if (kind === 'checkpoint' && isFirst) {
      isFirst = false;
      await wait();
    }
    return take(kind, ...rest);
  };
}

async function childrenOfThisProcess(): Promise<number[]> {
  const tasks = await readdir('/proc/self/task');
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
