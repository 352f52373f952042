import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAlive } from '../../activities/process/is-alive.ts';
import { standing } from './command.ts';

const CANARY = 'sk-canary-0123456789abcdef';
/** Where there is none the environment of a process is nobody else's to read, and cannot be looked at here. */
const noProc = process.platform === 'linux' ? false : 'this system shows no environment of a process';

describe('an environment that was started with keys', () => {
  let folder: string;
  let state: string;
  let environment: { pid: number; store: string; processes: { name: string; pid: number }[] };
  let end: () => Promise<number>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-private-'));
    state = join(folder, 'state');
    await mkdir(state, { mode: 0o755 });
    const mine = { baseUrl: 'http://127.0.0.1:1/v1', model: 'm', apiKeyVariable: 'MINE' };
    await writeFile(join(folder, 'teachers.json'), JSON.stringify({ mine }));
    ({ said: environment, end } = await standing<typeof environment>(state, ['up', '--headless', '--json'], {
      ...{ OPENAI_API_KEY: CANARY, MINE: CANARY, HF_TOKEN: CANARY },
      ALPACA_TEACHERS: join(folder, 'teachers.json'),
    }));
  });
  after(async () => {
    assert.equal(await end(), 130);
    await rm(folder, { recursive: true, force: true });
  });

  it('shows them to the worker that asks teachers, and to no other process', { skip: noProc }, async () => {
    const knowing: string[] = [];
    for (const { name, pid } of environment.processes) {
      assert.ok(isAlive(pid));
      if ((await readFile(`/proc/${pid}/environ`, 'utf8')).includes(CANARY)) knowing.push(name);
    }
    assert.equal(environment.processes.length, 5);
    assert.deepEqual(knowing, ['data-worker']);
  });

  it('writes nothing that others on the machine may read', async () => {
    const open: string[] = [];
    for (const entry of await readdir(state, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      // The database's journal comes and goes.
      const { mode = 0 } = (await stat(path).catch(() => null)) ?? {};
      if ((mode & 0o077) !== 0) open.push(`${path} ${(mode & 0o777).toString(8)}`);
    }
    assert.deepEqual(open, []);
    assert.ok((await readdir(state)).includes('temporal.db'));
  });

  it('has no Temporal UI where it is started without', () => {
    assert.equal((environment as { uiUrl?: unknown }).uiUrl, null);
  });
});
