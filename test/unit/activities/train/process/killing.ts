import assert from 'node:assert/strict';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../../../../../activities/attempt.ts';
import { PhiloxStream } from '../../../../../activities/philox.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type {
  TrainShardInput,
  TrainShardResult,
} from '../../../../../workflows/contracts/train-activities.ts';
import type { Training } from '../tiny-training.ts';
import type { Hang } from './hanging-disk.ts';

/** When an attempt's process is killed: after so many of its steps, or in the middle of a save. */
export type Kill = { afterSteps: number } | Omit<Hang, 'mark'>;

/** Kills at random moments, every second of them in the middle of a save. A function of the seed. */
export function randomKills(seed: number, count: number): Kill[] {
  const random = new PhiloxStream(seed, 'shuffle', 0);
  const moments: Hang['at'][] = ['weights', 'first-moment', 'second-moment', 'folder'];
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? { save: 1 + random.nextBelow(2), at: moments[random.nextBelow(moments.length)] ?? 'folder' }
      : { afterSteps: 1 + random.nextBelow(4) },
  );
}

/** Attempt after attempt at a shard, each but the last killed. */
export async function trainUnderKills(
  input: TrainShardInput,
  training: Training,
  kills: readonly Kill[],
): Promise<TrainShardResult> {
  for (const [index, kill] of kills.entries()) {
    await assert.rejects(
      'save' in kill
        ? killInSave(input, training, index + 1, kill)
        : killAfterSteps(input, training, index + 1, kill.afterSteps),
      { message: 'killed' },
      `${JSON.stringify(kill)} came too late`,
    );
    assert.deepEqual(await readdir(join(training.store.root, 'work')), [], 'nothing half-written is left');
  }
  const quiet = { signal: new AbortController().signal, report() {} };
  return trainShard(input, training, quiet, kills.length + 1);
}

async function killAfterSteps(input: TrainShardInput, training: Training, attempt: number, steps: number) {
  const killer = new AbortController();
  let done = 0;
  const report = ({ figures }: StepProgress) => {
    if (figures) done += 1;
    if (figures && done === steps) killer.abort(new Error('killed'));
  };
  await trainShard(input, training, { signal: killer.signal, report }, attempt);
}

async function killInSave(
  input: TrainShardInput,
  training: Training,
  attempt: number,
  hang: Omit<Hang, 'mark'>,
) {
  const killer = new AbortController();
  const mark = join(training.store.root, `hangs-${attempt}`);
  process.env.NODE_OPTIONS = `--import ${new URL('./hanging-disk.ts', import.meta.url)}`;
  process.env.ALPACA_TEST_HANG = JSON.stringify({ ...hang, mark } satisfies Hang);
  const attempting: Attempt = { signal: killer.signal, report() {} };
  const trained = trainShard(input, training, attempting, attempt);
  void untilThere(mark, trained).then(() => killer.abort(new Error('killed')));
  try {
    await trained;
  } finally {
    delete process.env.NODE_OPTIONS;
    delete process.env.ALPACA_TEST_HANG;
  }
}

async function untilThere(path: string, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  ended.then(end, end);
  while (!isOver) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(20);
  }
}
