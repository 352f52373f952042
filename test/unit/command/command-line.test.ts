import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../workers/command/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'alpaca-command-'));
/** Nothing of the person's own: no state, no store, no server. */
const env = {
  PATH: process.env.PATH,
  ALPACA_STATE: join(folder, 'state'),
  TEMPORAL_ADDRESS: '127.0.0.1:1',
};

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function alpaca(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...env, ...more } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('the command line', () => {
  it('helps, with exit code 0', async () => {
    const { code, stdout } = await alpaca(['--help']);
    assert.equal(code, 0);
    for (const name of [
      'run',
      'up',
      'watch',
      'generate',
      'dedupe',
      'tokenize',
      'train',
      'loss',
      'complete',
      'evaluate',
      'release',
    ])
      assert.match(stdout, new RegExp(`\\n {2}${name} `));
  });

  it('ends with 2 for what it does not know', async () => {
    const { code, stderr } = await alpaca(['fly']);
    assert.equal(code, 2);
    assert.match(stderr, /unknown command 'fly'/);
  });

  it('names the wrong field before anything is started', async () => {
    const { code, stdout, stderr } = await alpaca(['run', '--set', 'train.epoch=1']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, 'Wrong input: train: Unrecognized key: "epoch".\n');
  });

  it('names the line and field of a bad seed task, and the user’s own file, before anything is started', async () => {
    const path = join(folder, 'seeds.jsonl');
    await writeFile(path, '{"id":"a"}\n');
    const { code, stderr } = await alpaca(['run', '--seed-tasks', path]);
    assert.equal(code, 1);
    assert.match(stderr, /^\S+seeds\.jsonl, line 1: name: Invalid input: expected string/);
  });

  it('names a model folder that is not there', async () => {
    const { code, stderr } = await alpaca(['run', '--model', '/no/model']);
    assert.deepEqual([code, stderr], [1, 'There is no file or folder /no/model. Check the path.\n']);
  });

  it('does not spend because a key is there: a paid teacher needs a budget', async () => {
    const { code, stderr } = await alpaca(['run', '--teacher', 'openai'], {
      OPENAI_API_KEY: 'sk-test',
      OPENAI_MODEL: 'some-model',
      ALPACA_OPENAI_PRICE: '1,2',
    });
    assert.equal(code, 2);
    assert.equal(
      stderr,
      'The teacher openai costs money. Add --budget USD, the most that the run may spend.\n',
    );
  });

  it('says how to start a server where none answers', async () => {
    const { code, stderr } = await alpaca(['watch', 'my-run']);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'No Temporal server answers at 127.0.0.1:1. Start the environment with `npm run up`, or set TEMPORAL_ADDRESS.\n',
    );
  });

  it('names a data file that is not there', async () => {
    const { code, stderr } = await alpaca(['tokenize', '/no/rows.jsonl', '--out', folder]);
    assert.deepEqual([code, stderr], [1, 'There is no file or folder /no/rows.jsonl. Check the path.\n']);
  });

  it('imports a file, and lists it', async () => {
    const path = join(folder, 'rows.jsonl');
    await writeFile(path, '{"instruction":"Add 2 and 2.","input":"","output":"4"}\n');
    const imported = await alpaca(['import', path, '--kind', 'rows', '--json']);
    const reference = JSON.parse(imported.stdout) as { uri: string; bytes: number };
    assert.match(reference.uri, /^artifact:\/\/rows\/[0-9a-f]{64}\/rows\.jsonl$/);
    assert.equal(reference.bytes, 55);
    const { stdout } = await alpaca(['artifacts']);
    assert.ok(stdout.includes(reference.uri));
    assert.equal(await readFile(path, 'utf8').then((text) => text.length), 55);
  });

  it('drops duplicates from a file', async () => {
    const path = join(folder, 'doubled.jsonl');
    const row = '{"instruction":"Name three colours of the rainbow.","input":"","output":"x"}\n';
    await writeFile(path, row + row);
    const out = join(folder, 'kept.jsonl');
    const { code, stdout } = await alpaca(['dedupe', path, '--mode', 'threshold', '--out', out, '--json']);
    assert.equal(code, 0);
    const { kept, exactDuplicates } = JSON.parse(stdout) as Record<string, number>;
    assert.deepEqual([kept, exactDuplicates], [1, 1]);
    assert.equal(await readFile(out, 'utf8'), row);
  });

  it('says that nothing stands, where nothing does', async () => {
    assert.deepEqual(await alpaca(['down', '--json']), { code: 0, stdout: '{"ended":null}\n', stderr: '' });
  });
});
