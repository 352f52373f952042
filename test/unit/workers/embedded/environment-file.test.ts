import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { EnvironmentFile } from '../../../../workers/embedded/environment-file.ts';
import { DEAD_PID, environmentOf } from './environment-of.ts';

describe('the environment file', () => {
  let file: EnvironmentFile;
  beforeEach(() => {
    file = new EnvironmentFile(mkdtempSync(join(tmpdir(), 'alpaca-state-')));
  });

  it('tells of an environment whose supervisor lives', async () => {
    await file.write(environmentOf(process.pid));
    assert.deepEqual(await file.read(), environmentOf(process.pid));
  });

  it('names a state folder that can be none', async () => {
    await writeFile(file.path, '');
    await assert.rejects(new EnvironmentFile(file.path).read(), {
      code: 'Configuration',
      message: `The state folder ${file.path} is beneath a file, or is one. Set ALPACA_STATE to a folder, or unset it.`,
    });
  });

  it('tells of none where there is no file, a dead supervisor, or no valid file', async () => {
    assert.equal(await file.read(), null);
    await file.write(environmentOf(DEAD_PID));
    assert.equal(await file.read(), null);
    await writeFile(file.path, '{"pid": 1}');
    assert.equal(await file.read(), null);
  });

  it('is claimed by one of two', async () => {
    assert.equal(await file.claim(environmentOf(process.pid)), true);
    assert.equal(await file.claim(environmentOf(process.pid)), false);
  });

  it('is claimed in the place of a dead supervisor', async () => {
    await file.write(environmentOf(DEAD_PID));
    assert.equal(await file.claim(environmentOf(process.pid)), true);
    assert.equal((await file.read())?.pid, process.pid);
  });

  it('names what a dead supervisor left running, and nothing of a living one', async () => {
    const processes = [
      { name: 'temporal', pid: process.pid },
      { name: 'web', pid: DEAD_PID },
    ];
    await file.write(environmentOf(DEAD_PID, processes));
    assert.deepEqual(await file.leftBehind(), [process.pid]);
    await file.write(environmentOf(process.pid, processes));
    assert.deepEqual(await file.leftBehind(), []);
  });

  it('can be removed twice', async () => {
    await file.claim(environmentOf(process.pid));
    await file.remove();
    await file.remove();
    assert.equal(await file.read(), null);
  });
});
