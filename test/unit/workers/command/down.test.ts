import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { down } from '../../../../workers/command/up.ts';
import { EnvironmentFile } from '../../../../workers/embedded/environment-file.ts';
import { environmentOf } from '../embedded/environment-of.ts';

describe('alpaca down', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-state-'));
  const { ALPACA_STATE } = process.env;
  before(() => {
    process.env.ALPACA_STATE = folder;
  });
  after(() => {
    if (ALPACA_STATE === undefined) delete process.env.ALPACA_STATE;
    else process.env.ALPACA_STATE = ALPACA_STATE;
  });

  it('says at once what it waits for, and how long at the most', async () => {
    const supervisor = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(supervisor, 'spawn');
    const { pid = 0 } = supervisor;
    await new EnvironmentFile(folder).write(environmentOf(pid));
    const said: string[] = [];
    const results: unknown[] = [];
    await down({
      ...{ json: false, verbose: false },
      say: (line) => said.push(line),
      result: (value) => results.push(value),
    });
    assert.deepEqual(said, [
      `ending the environment (process ${pid}): its workers wait for answers that are paid for, 360 s at the most`,
    ]);
    assert.deepEqual(results, [{ ended: pid }]);
  });
});
