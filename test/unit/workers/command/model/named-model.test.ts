import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { addWeightDifferenceCommands } from '../../../../../workers/command/definitions/release-commands.ts';
import {
  existingModel,
  fetchedModel,
  namesModel,
  toldOfBase,
} from '../../../../../workers/command/model/named-model.ts';
import { importFile } from '../../../../../workers/command/store/artifacts.ts';

describe('a model that is named on the command line', () => {
  it('may be a folder, and no other file', async () => {
    const tiny = builtinPath('tiny-model', 'en');
    assert.equal(await existingModel(tiny), tiny);
    await assert.rejects(existingModel(`${tiny}/config.json`), { message: /is a file; expected a folder/ });
  });

  it('is one for weight-diff too, and is looked at before import copies it', async (test) => {
    const tiny = builtinPath('tiny-model', 'en');
    const root = await mkdtemp(join(tmpdir(), 'alpaca-named-'));
    const { HF_HOME, HF_HUB_OFFLINE, ALPACA_STATE } = process.env;
    Object.assign(process.env, { HF_HOME: root, HF_HUB_OFFLINE: '1', ALPACA_STATE: join(root, 'state') });
    test.after(async () => {
      for (const [name, value] of Object.entries({ HF_HOME, HF_HUB_OFFLINE, ALPACA_STATE }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      await rm(root, { recursive: true });
    });
    const program = new Command();
    addWeightDifferenceCommands(program, new AbortController().signal);
    const options = ['--base', 'owner/base', '--tuned', tiny, '--out', join(root, 'out')];
    await assert.rejects(program.parseAsync(['weight-diff', 'make', ...options], { from: 'user' }), {
      code: 'Configuration',
      message: /^owner\/base is not in the cache of the hub, and HF_HUB_OFFLINE is set\./,
    });

    const said: unknown[] = [];
    const terminal = { json: true, verbose: false, say() {}, result: (value: object) => said.push(value) };
    await mkdir(join(root, 'none'));
    await writeFile(join(root, 'none', 'config.json'), '{}');
    await assert.rejects(importFile(join(root, 'none'), 'model', terminal), {
      code: 'InvalidInput',
      message: /none\/config\.json: vocab_size: /,
    });
    await importFile(tiny, 'model', terminal);
    await importFile(join(root, 'none'), 'import', terminal);
    assert.equal(said.length, 2);
  });

  it('is told with its name where an adapter was trained beside a copy of other bits', () => {
    assert.equal(toldOfBase(null), '');
    assert.equal(toldOfBase({ path: '', name: `owner/base@${'a'.repeat(40)}` }), '');
    assert.equal(
      toldOfBase({ path: '', name: 'owner/base' }),
      '; it names owner/base as its base, and was trained beside a quantized copy: beside the hub’s weights it answers a little differently',
    );
  });

  it('is fetched where its name is one of the hub and no path', async () => {
    for (const other of ['builtin', 'artifact://model/x/y', builtinPath('tiny-model', 'en'), './a'])
      assert.equal(await fetchedModel(other), null, other);
    assert.deepEqual(
      await Promise.all(['a/b', 'hf:a/b', './answers.json', builtinPath('tiny-model', 'en')].map(namesModel)),
      [true, true, false, false],
    );
  });
});
