import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { type Attempt, unwatched } from '../../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { identityDigest } from '../../../../../activities/train/checkpoint/identity.ts';
import { gatherMetrics, type StepMetrics } from '../../../../../activities/train/metrics.ts';
import { type KeepUpdate, Recorder } from '../../../../../activities/train/process/recorder.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import { shardInput, tinyTraining, trainAll, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

const key = { run: 'run', identity: 'identity', fromStep: 0, toStep: 10 };
const updateIsWritten = { kind: 'checkpoint', step: 10, path: '', best: null } as const;
const forEver: KeepUpdate = () => new Promise(() => {});

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
    const loaded = reports.filter(({ note }) => note?.startsWith('loaded'));
    assert.deepEqual(
      loaded.map(({ done, note }) => `${done} ${note}`),
      ['0 loaded', '3 loaded, deaths of its process: 1'],
    );
  });
});

describe('a training process that is killed, and its store goes away', () => {
  it('is followed by none, and no store is begun in its place', async (test) => {
    const training = { ...(await tinyTraining(test)), kept: null };
    const { root } = training.store;
    const away = `${root}-away`;
    test.after(() => rm(away, { recursive: true, force: true }));
    const input = await shardInput(training, settings, 'run');
    const before = new Set(await childrenOfThisProcess());
    takeFirstCheckpointAfter(training.store, async () => {
      await killChild(before);
      while ((await childrenOfThisProcess()).some((each) => !before.has(each))) await sleep(10);
    });
    const attempt = {
      ...watched([]),
      report: ({ note }: StepProgress) => void (note === 'checkpoint saved' && renameSync(root, away)),
    };
    await assert.rejects(trainShard(input, training, attempt, 1), { code: 'StoreAway' });
    assert.equal(existsSync(root), false);
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

describe('a checkpoint that never comes into the store', () => {
  const cases = [
    { ends: 'whose worker stops', isUnwanted: false, saveWithinMs: 300_000, waits: 5000 },
    { ends: 'whose run is cancelled', isUnwanted: true, saveWithinMs: 300_000, waits: 2000 },
    { ends: 'that has less time', isUnwanted: false, saveWithinMs: 700, waits: 700 },
    { ends: 'whose process is ended at once', isUnwanted: false, saveWithinMs: 0, waits: 5000 },
  ];
  for (const { ends, isUnwanted, saveWithinMs, waits } of cases)
    it(`is waited for ${waits} ms by an attempt ${ends}, though its process had ended before`, async (test) => {
      const worker = new AbortController();
      const attempt = { signal: worker.signal, isUnwanted: () => isUnwanted, report() {} };
      const { recorder } = await recorderOf(test, attempt, forEver);
      void recorder.receive(updateIsWritten);
      test.mock.timers.enable({ apis: ['setTimeout'] });
      let isOver = false;
      const settled = recorder.settle(saveWithinMs).then((why) => {
        isOver = true;
        return why;
      });
      test.mock.timers.tick(60_000);
      worker.abort();
      test.mock.timers.tick(waits - 1);
      await turn();
      assert.equal(isOver, false);
      test.mock.timers.tick(1);
      assert.equal(await settled, null);
    });

  it('says why it cannot, and takes no metrics with it', async (test) => {
    const full = new AlpacaError('StorageFull', 'The disk is full.');
    const { recorder, store } = await recorderOf(test, unwatched, () => Promise.reject(full));
    for (const step of [7, 8, 9]) await recorder.receive({ kind: 'step', metrics: metricsOf(step) });
    await assert.rejects(recorder.receive(updateIsWritten), { code: 'StorageFull' });
    assert.equal(await recorder.settle(0), full);
    const metrics = await gatherMetrics(store, key, 10);
    assert.deepEqual(
      metrics.map(({ step }) => step),
      [7, 8, 9],
    );
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

async function recorderOf(
  test: TestContext,
  attempt: Attempt,
  keepUpdate: KeepUpdate,
): Promise<{ recorder: Recorder; store: ArtifactStore }> {
  const training = await tinyTraining(test);
  const input = await shardInput(training, settings, 'run');
  const { store } = training;
  return { store, recorder: new Recorder(store, key, 1, input, attempt, null, keepUpdate) };
}

function metricsOf(step: number): StepMetrics {
  return {
    ...{ step, epoch: 1, loss: 1, learningRate: 1, gradientNorm: 1, heldOutLoss: null },
    ...{ tokens: 64, targets: 64, tokensPerSecond: 64, endedAt: 1_800_000_000 + step },
    ...{ memoryBytes: 1, peakMemoryBytes: 1, tensors: 1 },
  };
}
