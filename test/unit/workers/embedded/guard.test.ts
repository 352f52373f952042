import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EnvironmentFile } from '../../../../workers/embedded/environment-file.ts';
import { DEAD_PID, environmentOf } from './environment-of.ts';

const GUARD = fileURLToPath(new URL('../../../../workers/embedded/guard.ts', import.meta.url));

const stateFolder = () => mkdtempSync(join(tmpdir(), 'alpaca-state-'));

function sleeper() {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
}

describe('the guard', () => {
  it('ends the process groups that are left when its pipe closes, and only these', async () => {
    const [left, released] = [sleeper(), sleeper()];
    const guard = spawn(process.execPath, [GUARD], { stdio: ['pipe', 'ignore', 'inherit'] });
    guard.stdin.write(`+${left.pid}\n+${released.pid}\n-${released.pid}\n`);
    guard.stdin.end();
    const [[, signal]] = await Promise.all([once(left, 'exit'), once(guard, 'exit')]);
    assert.equal(signal, 'SIGTERM');
    assert.equal(released.exitCode ?? released.signalCode, null);
    released.kill('SIGKILL');
    await once(released, 'exit');
  });

  it('removes the file of the environment that it has ended, and no other’s', async () => {
    const [ended, later] = [new EnvironmentFile(stateFolder()), new EnvironmentFile(stateFolder())];
    await ended.write(environmentOf(DEAD_PID));
    await later.write(environmentOf(DEAD_PID + 1));
    for (const { path } of [ended, later]) {
      const guard = spawn(process.execPath, [GUARD, path, String(DEAD_PID)], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      guard.stdin.end();
      assert.deepEqual(await once(guard, 'exit'), [0, null]);
    }
    assert.deepEqual([existsSync(ended.path), existsSync(later.path)], [false, true]);
  });

  it('ends what may take longer first, while what it needs still stands', async () => {
    const worker = spawn(
      process.execPath,
      [
        '-e',
        "process.on('SIGTERM', () => setTimeout(() => process.exit(7), 500)); console.log('up'); setInterval(() => {}, 1000)",
      ],
      { detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await once(worker.stdout, 'data');
    const server = sleeper();
    const ends: string[] = [];
    worker.on('exit', (code) => ends.push(`worker ${code}`));
    server.on('exit', (_, signal) => ends.push(`server ${signal}`));
    const guard = spawn(process.execPath, [GUARD], { stdio: ['pipe', 'ignore', 'inherit'] });
    guard.stdin.write(`+${server.pid}\n+${worker.pid}\n=${worker.pid} 60000\n`);
    guard.stdin.end();
    await once(guard, 'exit');
    assert.deepEqual(ends, ['worker 7', 'server SIGTERM']);
  });
});
