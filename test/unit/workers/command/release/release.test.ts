import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { startFakeHub } from '../fake-hub.ts';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

describe('alpaca release DATA', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-release-command-'));
    const rows = ['a', 'b', 'c', 'd'].map((text) => ({ instruction: text, input: '', output: text }));
    await writeFile(join(folder, 'rows.json'), JSON.stringify(rows));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const alpaca = (args: string[], more: NodeJS.ProcessEnv = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = {
        ...BARE_ENVIRONMENT,
        ALPACA_STATE: join(folder, 'state'),
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        ...more,
      };
      execFile(process.execPath, [MAIN, ...args], { env, cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });

  it('uploads nothing unless it is asked to, and then every file', async (test) => {
    const fake = disposedAfter(test, await startFakeHub());
    const hub = { HF_TOKEN: 'hf_secret', HF_ENDPOINT: fake.url };
    const release = ['release', 'rows.json', '--out', 'out', '--validation', '0.25', '--json'];

    const quiet = await alpaca(release, hub);
    assert.equal(quiet.code, 0, quiet.stderr);
    assert.deepEqual(fake.requests, []);

    const asked = await alpaca([...release, '--upload', 'owner/letters'], hub);
    assert.equal(asked.code, 0, asked.stderr);
    assert.deepEqual(JSON.parse(asked.stdout).uploaded, ['http://hub.test/commit/abc']);
    assert.deepEqual([...fake.files.keys()].sort(), [
      ...['DATASHEET.md', 'LICENSE', 'README.md', 'alpaca_data.json', 'data/train.jsonl'],
      ...['data/train.parquet', 'data/validation.jsonl', 'data/validation.parquet'],
      ...['manifest.json', 'provenance.jsonl'],
    ]);
    const path = 'data/validation.parquet';
    assert.deepEqual(fake.files.get(path), await readFile(join(folder, 'out', path)));
  });

  it('says before any work what an upload lacks', async () => {
    const { code, stderr } = await alpaca(['release', 'rows.json', '--out', 'not-made', '--upload', 'a/b']);
    assert.equal(code, 1);
    assert.match(stderr, /An upload needs a token\. Set HF_TOKEN/);
    await assert.rejects(readFile(join(folder, 'not-made', 'manifest.json')), { code: 'ENOENT' });
  });

  it('refuses shares that leave nothing to train on', async () => {
    const shares = ['--validation', '0.5', '--test', '0.5'];
    const { code, stderr } = await alpaca(['release', 'rows.json', '--out', 'not-made', ...shares]);
    assert.equal(code, 2);
    assert.match(stderr, /splits is .*: expected shares that leave rows for the split train/);
  });

  it('is checked by reproduce, with exit code 1 where anything differs', async () => {
    await alpaca(['release', 'rows.json', '--out', 'checked']);
    const whole = await alpaca(['reproduce', 'checked', '--json']);
    assert.equal(whole.code, 0, whole.stderr);
    assert.equal(JSON.parse(whole.stdout).reproduced, true);

    await rm(join(folder, 'checked', 'LICENSE'));
    const spoilt = await alpaca(['reproduce', 'checked']);
    assert.equal(spoilt.code, 1);
    assert.match(spoilt.stdout, /^differs +every file is as it was written: LICENSE is missing$/m);
    assert.match(spoilt.stdout, /2 of \d+ claims that could be checked differ\n$/);
  });

  it('refuses what is neither a file nor, without a server, a run', async () => {
    const { code, stderr } = await alpaca(['release', 'no-such-run', '--out', 'not-made']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^There is no file no-such-run\. The store \/.*\/store has no record of a run no-such-run, and there is no answer from the Temporal server 127\.0\.0\.1:1 /,
    );
  });
});
