import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';
import { writeRandomModel } from '../../../activities/model/gguf/random-models.ts';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

describe('alpaca export MODEL', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-export-command-'));
    await writeRandomModel(join(folder, 'mine'), 'llama');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const alpaca = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { ...BARE_ENVIRONMENT, ALPACA_STATE: join(folder, 'state') };
      execFile(process.execPath, [MAIN, ...args], { env, cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });

  it('writes a GGUF and a Modelfile, and the GGUF is a model for every other command', async () => {
    const { code, stdout, stderr } = await alpaca(
      'export',
      'mine',
      '--gguf',
      'q8_0',
      '--out',
      'out',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const { file, bytes } = JSON.parse(stdout);
    assert.deepEqual([file, (await readFile(join(folder, 'out', file))).length], ['mine-q8_0.gguf', bytes]);
    assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['Modelfile', 'mine-q8_0.gguf']);
    assert.match(
      await readFile(join(folder, 'out', 'Modelfile'), 'utf8'),
      /^FROM \.\/mine-q8_0\.gguf\nTEMPLATE """/,
    );

    const again = await alpaca('export', 'mine', '--gguf', 'q8_0', '--out', 'out', '--json');
    assert.equal(again.stdout, stdout, again.stderr);
    const gguf = join('out', file);
    const planned = await alpaca('plan-memory', '--model', gguf, '--max-length', '64', '--json');
    assert.equal(planned.code, 0, planned.stderr);
    assert.match(
      planned.stderr,
      /mine-q8_0\.gguf is quantized \(Q8_0\): .* stays lost, and training starts from what is left/,
    );
    const imported = await alpaca('import', gguf, '--kind', 'model', '--json');
    assert.match(JSON.parse(imported.stdout).uri, /^artifact:\/\/model\/[0-9a-f]{64}\/mine-q8_0$/);
  });

  it('refuses what has no weights, and a folder of other files', async () => {
    const random = await alpaca('export', builtinPath('tiny-model', 'en'), '--gguf', 'f16', '--out', 'none');
    assert.match(random.stderr, /has no weights: they are drawn when training begins/);
    const full = await alpaca('export', 'mine', '--gguf', 'f16', '--out', '.');
    assert.match(full.stderr, /--out \. holds other files, which would be lost/);
  });
});
