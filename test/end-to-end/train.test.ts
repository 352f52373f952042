import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { alpaca, type Finished, ROOT } from './command.ts';

/** Two shards of 20 steps, and no checkpoint within one. Long enough for a line of progress, after five seconds. */
const TRAIN = [
  'train',
  ...['--data', 'builtin', '--epochs', '2', '--shards-per-epoch', '1'],
  ...['--checkpoint-every-steps', '1000', '--json'],
];

describe('alpaca train at Ctrl-C', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-train-command-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('saves the step that it is at, says how to go on, and goes on from there to the same model', async () => {
    const state = join(folder, 'state');
    const args = [...TRAIN, '--out', join(folder, 'out')];
    const interrupted = await interruptedAtProgress(state, args);
    assert.equal(interrupted.code, 130, interrupted.stderr);
    assert.match(interrupted.stderr, /\nthe training finishes its step and saves it\n/);
    assert.match(interrupted.stderr, /\nStopped\. .* the same command goes on from there\.\n$/);
    const endedAt = Date.now() / 1000;

    const again = await alpaca(state, args);
    assert.equal(again.code, 0, again.stderr);
    const undisturbed = await alpaca(join(folder, 'other'), [...TRAIN, '--out', join(folder, 'other-out')]);
    assert.equal(modelOf(again), modelOf(undisturbed));

    const steps = await metricsIn(join(folder, 'out'));
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: 40 }, (_, step) => step),
    );
    const reported = Math.max(
      ...[...interrupted.stderr.matchAll(/(\d+)\/\d+ steps/g)].map(([, n]) => Number(n)),
    );
    const before = steps.filter((step) => step.endedAt < endedAt).length;
    assert.ok(before > 0 && before >= reported, `${before} steps kept, ${reported} reported`);
  });
});

/** Ctrl-C reaches every process of the terminal's group, once some steps are made. */
function interruptedAtProgress(state: string, args: string[]): Promise<Finished> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/alpaca.mjs'), ...args], {
    env: { ...process.env, ALPACA_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  let isSent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (isSent || !/[1-9]\d*\/\d+ steps, epoch \d of 2, loss/.test(stderr) || child.pid === undefined) return;
    isSent = true;
    process.kill(-child.pid, 'SIGINT');
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

function modelOf({ stdout }: Finished): unknown {
  return (JSON.parse(stdout) as { modelDigest: string }).modelDigest;
}

async function metricsIn(out: string): Promise<{ step: number; endedAt: number }[]> {
  const text = await readFile(join(out, 'metrics.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { step: number; endedAt: number });
}
