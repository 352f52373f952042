import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';

const MAIN = fileURLToPath(new URL('../../../../workers/command/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'alpaca-command-'));
/** Nothing of the person's own: no state, no store, no server. */
const env = {
  ...BARE_ENVIRONMENT,
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
      'estimate',
      'generate',
      'dedupe',
      'filter',
      'tokenize',
      'train',
      'loss',
      'complete',
      'evaluate',
      'release',
    ])
      assert.match(stdout, new RegExp(`\\n {2}${name} `));
  });

  it('makes tokens, lists them without their secrets, and revokes them', async () => {
    const made = await alpaca([
      'token',
      'create',
      'nightly',
      '--role',
      'spend',
      '--usd-per-day',
      '5',
      '--json',
    ]);
    const { token, id } = JSON.parse(made.stdout);
    assert.match(token, /^alpaca_[0-9a-f]{12}_[\w-]{43}$/);
    const revoked = await alpaca(['token', 'revoke', id]);
    assert.match(revoked.stdout, new RegExp(`^${id}  nightly: spend, 5 USD a day, revoked 20`));
    assert.deepEqual(await alpaca(['token', 'create', 'me', '--role', 'spend']), {
      ...{ code: 2, stdout: '' },
      stderr: 'The role spend needs --usd-per-day USD, what it may grant in a day.\n',
    });
  });

  it('refuses a token that is to be valid for longer than dates go', async () => {
    const days = '100000000';
    const { code, stderr } = await alpaca(['token', 'create', 'me', '--role', 'read', '--days', days]);
    assert.deepEqual([code, stderr], [2, '--days is a number above 0 and at most 36500, not 100000000.\n']);
  });

  it('estimates a run without a server, a key or a request, the figures with their intervals', async () => {
    const described = {
      OPENAI_MODEL: 'm',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      ALPACA_OPENAI_PRICE: '1,2',
    };
    const args = ['estimate', '--teacher', 'openai', '--target', '500', '--budget', '5'];
    const more = { ...described, ALPACA_STORE: join(folder, 'store') };
    const { code, stdout } = await alpaca([...args, '--json'], more);
    assert.equal(code, 0);
    const found = JSON.parse(stdout);
    assert.deepEqual(
      [found.teacher, found.target, found.budgetUsd, found.basis],
      ['openai', 500, 5, 'assumed'],
    );
    for (const figure of ['requests', 'promptTokens', 'completionTokens', 'costUsd', 'hours'])
      assert.ok(found[figure].low < found[figure].value && found[figure].value < found[figure].high, figure);
    const { stdout: text } = await alpaca(args, more);
    assert.match(
      text,
      /^500 accepted rows from openai, with 95% intervals:\n {2}about \d+ \(\d+ to \d+\) requests/,
    );
    assert.match(text, /the budget is 5\.00 USD/);
  });

  it('asks for a price in place of estimating without one', async () => {
    const { code, stderr } = await alpaca(['estimate', '--teacher', 'openai'], { OPENAI_MODEL: 'm' });
    assert.notEqual(code, 0);
    assert.match(stderr, /"openai" has no price/);
  });

  it('ends with 2 for what it does not know', async () => {
    const { code, stderr } = await alpaca(['fly']);
    assert.equal(code, 2);
    assert.match(stderr, /unknown command 'fly'/);
  });

  it('names the wrong field before anything is started', async () => {
    const { code, stdout, stderr } = await alpaca(['run', '--set', 'train.epoch=1']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, 'Wrong input: train has no field "epoch" (--set).\n');
  });

  it('names the line and field of a bad seed task, and the user’s own file, before anything is started', async () => {
    const path = join(folder, 'seeds.jsonl');
    await writeFile(path, '{"id":"a"}\n');
    const { code, stderr } = await alpaca(['run', '--seed-tasks', path]);
    assert.equal(code, 1);
    assert.match(stderr, /^\S+seeds\.jsonl, line 1: name is missing: expected a text/);
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

  it('is called wrongly with an unknown teacher, or a paid one without a budget, in every command', async () => {
    const out = join(folder, 'answers', 'rows.jsonl');
    const data = join(folder, 'a.json');
    await writeFile(data, '[]');
    const evaluation = ['evaluate', '--a', data, '--b', data, '--out', out];
    for (const args of [
      ['run', '--teacher', 'nobody'],
      ['generate', '--teacher', 'nobody', '--out', out],
      [...evaluation, '--judge', 'nobody'],
    ]) {
      const { code, stderr } = await alpaca(args);
      assert.deepEqual([code, stderr.split(':')[0]], [2, 'There is no teacher nobody'], args[0]);
    }
    const paid = { OPENAI_API_KEY: 'sk-test', OPENAI_MODEL: 'some-model', ALPACA_OPENAI_PRICE: '1,2' };
    for (const args of [
      ['generate', '--teacher', 'openai', '--out', out],
      [...evaluation, '--judge', 'openai'],
    ]) {
      const { code, stderr } = await alpaca(args, paid);
      assert.deepEqual([code, stderr.split('.')[0]], [2, 'The teacher openai costs money'], args[0]);
    }
    const asked = await alpaca([...evaluation, '--judge', 'openai', '--budget', '1'], paid);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /^Nobody can be asked here whether to spend at openai\. Add --yes\.$/m);
  });

  it('makes sure of where the result goes before it works for it', async () => {
    const beneathFile = await alpaca(['generate', '--out', '/dev/null/x/rows.json']);
    assert.deepEqual(beneathFile, {
      code: 2,
      stdout: '',
      stderr: '--out /dev/null/x/rows.json: nothing can be written to the folder /dev/null/x (ENOTDIR).\n',
    });
    const isFolder = await alpaca(['generate', '--out', folder]);
    assert.deepEqual([isFolder.code, isFolder.stderr], [2, `--out ${folder} is a folder. Name a file.\n`]);
    const kept = join(folder, 'precious', 'thesis.txt');
    await mkdir(dirname(kept));
    await writeFile(kept, 'text');
    const others = await alpaca(['release', kept, '--out', dirname(kept)]);
    assert.equal(others.code, 2);
    assert.match(others.stderr, /holds other files, which would be lost\. Name a new folder\.\n$/);
    for (const command of [
      ['train', '--data', kept],
      ['tokenize', kept],
      ['evaluate', '--a', kept, '--b', kept],
    ]) {
      const refused = await alpaca([...command, '--out', dirname(kept)]);
      assert.equal(refused.code, 2, refused.stderr);
      assert.match(refused.stderr, /holds other files, which would be lost\. Name a new folder\.\n$/);
    }
    assert.equal(await readFile(kept, 'utf8'), 'text');
  });

  it('says how to start a server where none answers', async () => {
    const { code, stderr } = await alpaca(['watch', 'my-run']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^The store .* has no record of a run my-run, and there is no answer from the Temporal server 127\.0\.0\.1:1 \(namespace default\)\. Start the server with `npm run up`, or check TEMPORAL_ADDRESS and ALPACA_STORE\.\n$/,
    );
  });

  it('names the variable that is wrong, before anything is started', async () => {
    const port = await alpaca(['up'], { ALPACA_WEB_PORT: '99999' });
    assert.deepEqual(port, {
      code: 1,
      stdout: '',
      stderr:
        'The environment variable ALPACA_WEB_PORT is wrong: a port is a whole number from 0 to 65535. Mend or unset it.\n',
    });
    const state = await alpaca(['up'], { ALPACA_STATE: '/dev/null/x' });
    assert.deepEqual(state, {
      code: 1,
      stdout: '',
      stderr:
        'The state folder /dev/null/x is beneath a file, or is one. Set ALPACA_STATE to a folder, or unset it.\n',
    });
  });

  it('names a data file that is not there', async () => {
    const { code, stderr } = await alpaca(['tokenize', '/no/rows.jsonl', '--out', folder]);
    assert.deepEqual([code, stderr], [1, 'There is no file or folder /no/rows.jsonl. Check the path.\n']);
  });

  it('leaves nothing that others on the machine may read: logs of --keep, the store of a step', async () => {
    const state = join(folder, 'open');
    await mkdir(state, { mode: 0o755 });
    const path = join(folder, 'own.jsonl');
    await writeFile(path, '{"a":1}\n');
    const kept = await alpaca(['run', '--keep'], { ALPACA_STATE: state, ALPACA_WEB_PORT: '70000' });
    assert.match(kept.stderr, /The environment did not start/);
    assert.equal((await alpaca(['import', path], { ALPACA_STATE: state })).code, 0);
    const fresh = join(folder, 'fresh');
    await alpaca(['run', '--keep'], { ALPACA_STATE: fresh, ALPACA_WEB_PORT: '70000' });
    for (const made of [`${state}/logs`, `${state}/logs/supervisor.log`, `${state}/store`, fresh])
      assert.equal((await stat(made)).mode & 0o077, 0, made);
    assert.equal((await stat(state)).mode & 0o777, 0o755, 'what was there stays as its owner has it');
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
