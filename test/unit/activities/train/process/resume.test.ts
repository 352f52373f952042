import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { shardInput, tinyTraining, trainAll, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';
import { randomKills, trainUnderKills } from './killing.ts';

/** The long version of the first is in resume.long.ts. */
describe('a training whose process is killed', () => {
  it('ends with the bits of an undisturbed one, killed in saves and between them', async (test) => {
    const frequent = { ...settings, epochs: 4, checkpointEverySteps: 2, keepCheckpoints: 1 };
    const straight = await trainAll(await tinyTraining(test), frequent, 'run');
    const training = await tinyTraining(test);
    const input = await shardInput(training, frequent, 'run');
    const result = await trainUnderKills(input, training, randomKills(7, 4));
    assert.equal(result.step, 20);
    assert.equal(result.checkpoint.sha256, straight.sha256);
    const kept = await readdir(join(training.store.root, 'artifacts', 'checkpoint'));
    assert.deepEqual(kept, [straight.sha256], 'of those before it none is left');
  });
});

describe('a training whose disk is full', () => {
  it('says so, keeps the checkpoint before, and goes on from it with the same bits', async (test) => {
    const folder = await mountSmall(test);
    if (folder === null) return test.skip('mounting a small file system needs root');
    const often = { ...settings, checkpointEverySteps: 2 };
    const straight = await trainAll(await tinyTraining(test), { ...often, shardsPerEpoch: 1 }, 'run');
    const training = await tinyTraining(test, {}, folder);
    const input = await shardInput(training, often, 'run');
    const ballast = join(folder, 'ballast');
    const filling = watched([]);
    const report: typeof filling.report = ({ note }) => {
      if (!note?.startsWith('checkpoint saved')) return;
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 20_000)));
    };
    await assert.rejects(trainShard(input, training, { ...filling, report }, 1), {
      code: 'StorageFull',
      message:
        /^The disk is full: .* was not written, and nothing half-written was left\. Free some space\.$/,
    });
    assert.deepEqual(await readdir(join(folder, 'work')), []);
    assert.equal((await readdir(join(folder, 'artifacts', 'checkpoint'))).length, 1);

    await rm(ballast);
    const resumed: Parameters<typeof watched>[0] = [];
    const result = await trainShard(input, training, watched(resumed), 2);
    assert.equal(resumed[0]?.done, 2);
    assert.equal(result.checkpoint.sha256, straight.sha256);
  });
});

/** A file system of 2 MiB; null where this user may not mount one. */
async function mountSmall(test: TestContext): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  test.after(async () => {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}
