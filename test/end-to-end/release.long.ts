import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Claim } from '../../activities/release/reproduce/claims.ts';
import { alpaca } from './command.ts';

/** A run, its release out of the store by its workflow id, and the check of it, as a user does them. */
describe('alpaca release RUN, and alpaca reproduce', () => {
  let state: string;
  let out: string;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-release-'));
    out = join(state, 'release');
    const { code, stderr } = await alpaca(state, [
      ...['run', '--keep', '--workflow-id', 'to-release', '--target', '60', '--set', 'train.epochs=1'],
      ...['--set', 'evaluate.maxInstructions=4', '--set', 'evaluate.maxNewTokens=16'],
    ]);
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    await alpaca(state, ['down']);
    await rm(state, { recursive: true, force: true });
  });

  const reproduce = async (...options: string[]) => {
    const { code, stdout, stderr } = await alpaca(state, ['reproduce', out, '--json', ...options]);
    assert.notEqual(stdout, '', stderr);
    return { code, ...(JSON.parse(stdout) as { reproduced: boolean; claims: Claim[] }) };
  };

  it('writes a finished run’s release, with splits and the model where they are asked for', async () => {
    const asked = ['--validation', '0.1', '--test', '0.1', '--weights', 'model', '--licence', 'cc-by-4.0'];
    const { code, stdout, stderr } = await alpaca(state, [
      ...['release', 'to-release', '--out', out, '--json'],
      ...asked,
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).uploaded, []);
    await access(join(out, 'model', 'model.safetensors'));
    await access(join(out, 'data', 'test.parquet'));
  });

  it('holds in all that can be checked, the steps done again from the store', async () => {
    const { code, reproduced, claims } = await reproduce('--store', join(state, 'store'));
    assert.deepEqual([code, reproduced], [0, true]);
    const open = claims.filter(({ verdict }) => verdict === 'not checkable').map(({ claim }) => claim);
    assert.deepEqual(open, [
      'the weights follow from the training',
      'losses and exact match follow from the weights',
    ]);
  });

  it('ends with 1 where a byte was changed', async () => {
    const path = join(out, 'alpaca_data.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"output": "', '"output": "x'));
    const { code, reproduced } = await reproduce();
    assert.deepEqual([code, reproduced], [1, false]);
  });

  it('tells a run that there is none of from a file', async () => {
    const { code, stderr } = await alpaca(state, ['release', 'no-such-run', '--out', join(state, 'other')]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /There is no file no-such-run\. Neither the store .* nor the Temporal server .* knows a run no-such-run/,
    );
  });
});
