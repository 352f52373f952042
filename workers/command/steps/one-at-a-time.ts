import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, writeOnce } from '../../../activities/artifacts/atomic.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { isAlive } from '../../../activities/process/is-alive.ts';

/**
 * Does work that two processes of this machine must not do at once for one name: they would take each other's
 * checkpoints over. What a process that died has left is taken away.
 *
 * @param folder where both look: that of the store that they would write to, or for a bucket what this machine has of it
 * @throws AlpacaError InvalidInput naming the process that is at it
 */
export async function oneAtATime<Result>(
  folder: string,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(folder, 'under-way', name);
  await makeFolder(dirname(path));
  while (!(await writeOnce(path, String(process.pid)))) {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (isAlive(holder))
      throw new AlpacaError('InvalidInput', `The same training is under way: process ${holder} is at it.`, {
        remedy:
          'Wait for its end: the same command then finds all that it has done, and gives the same model.',
      });
    await rm(path, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
