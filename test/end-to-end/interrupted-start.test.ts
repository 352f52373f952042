import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './command.ts';

/** An environment is told to end, or loses its launcher, while it starts: nothing of it may be left standing. */
describe('alpaca up that is ended while it starts', () => {
  let state: string;
  let launcher: ChildProcess;
  let said: string;
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-interrupted-start-'));
    launcher = spawn(process.execPath, [`${ROOT}bin/alpaca.mjs`, 'up'], {
      env: { ...process.env, ALPACA_STATE: state },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    said = '';
    launcher.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  });
  afterEach(async () => {
    launcher.kill('SIGKILL');
    await rm(state, { recursive: true, force: true });
  });

  /** The first of the environment's processes answers, and the last does not yet. */
  const teacher = async (): Promise<string> => {
    for (;;) {
      const log = await readFile(join(state, 'logs', 'offline-teacher.log'), 'utf8').catch(() => '');
      const url = /"url":"([^"]+)"/.exec(log)?.[1];
      if (url !== undefined) return url;
      await sleep(20);
    }
  };
  const nothingIsLeft = async (url: string) => {
    while (
      await access(join(state, 'environment.json')).then(
        () => true,
        () => false,
      )
    )
      await sleep(50);
    await assert.rejects(fetch(url), { name: 'TypeError' });
  };

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`by ${signal} ends in order`, async () => {
      const url = await teacher();
      launcher.kill(signal);
      assert.deepEqual(await once(launcher, 'close'), [130, null], said);
      assert.match(said, /ending; once more to end at once/);
      await nothingIsLeft(url);
    });

  it('by the death of its launcher ends by itself', async () => {
    const url = await teacher();
    launcher.kill('SIGKILL');
    await nothingIsLeft(url);
  });
});
