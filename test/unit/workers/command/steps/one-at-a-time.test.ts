import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { oneAtATime } from '../../../../../workers/command/steps/one-at-a-time.ts';

async function store(test: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-under-way-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

describe('a training on files', () => {
  it('is refused while the same one is under way, naming its process, and not after', async (test) => {
    const root = await store(test);
    const first = oneAtATime(root, 'file-1', async () => {
      await assert.rejects(
        oneAtATime(root, 'file-1', async () => assert.fail('two at once')),
        {
          code: 'InvalidInput',
          message: new RegExp(`^The same training is under way: process ${process.pid} is at it\\. Wait`),
        },
      );
      return oneAtATime(root, 'file-2', async () => 'another may');
    });
    assert.equal(await first, 'another may');
    assert.equal(await oneAtATime(root, 'file-1', async () => 'again'), 'again');
    assert.deepEqual(await readdir(join(root, 'under-way')), []);
  });

  it('takes the place of one that died', async (test) => {
    const root = await store(test);
    await mkdir(join(root, 'under-way'));
    // The kernel gives no process a number as high.
    await writeFile(join(root, 'under-way', 'file-1'), String(2 ** 30));
    assert.equal(await oneAtATime(root, 'file-1', async () => 'goes on'), 'goes on');
  });
});
