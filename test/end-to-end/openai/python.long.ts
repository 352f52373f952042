import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pythonWith } from '../../../bench/python.ts';
import { type Environment, up } from '../command.ts';
import { runDocumented } from './documented.ts';

const found = await pythonWith('openai', { modules: ['openai'], packages: ['openai==3.57.0'] });

describe('fine-tuning by OpenAI’s client for Python', { skip: 'missing' in found && found.missing }, () => {
  let state: string;
  let environment: Environment;
  let end: () => Promise<number>;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-openai-'));
    ({ environment, end } = await up(state));
  });
  after(async () => {
    await end();
    await rm(state, { recursive: true, force: true });
  });

  it('goes as the docs say, from a file to a chat with the result', async () => {
    assert.ok('python' in found);
    const printed = await runDocumented('python', found.python, `${environment.chatUrl}/v1`);
    assert.match(printed[0] ?? '', /^succeeded ft:builtin:alpaca::[0-9a-f]{32}$/);
    assert.ok(printed.some((line) => /^Step 1\/2: training loss=\d\.\d\d$/.test(line)));
    assert.deepEqual(printed.slice(-3), ['[2]', 'assistant', 'True True']);
  });
});
