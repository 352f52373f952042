import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import { retryTeller, terminalAttempt } from '../../../../../workers/command/steps/step.ts';
import { ofWholeTraining } from '../../../../../workers/command/steps/train.ts';
import { openTerminal } from '../../../../../workers/command/terminal.ts';
import { trainInput } from '../../../../../workflows/contracts/train.ts';
import { trainingSettingsOf } from '../../../../../workflows/contracts/train-activities.ts';

function screen() {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true });
  return { stream, seen: () => String(stream.read()) };
}

describe('progress at the terminal', () => {
  it('is one line that is written over, and whatever else is said begins a new one', () => {
    const { stream, seen } = screen();
    const terminal = openTerminal({}, { out: stream, error: stream });
    const attempt = terminalAttempt(new AbortController().signal, stream);
    terminal.say('first');
    attempt.report({ done: 1, total: 3, unit: 'rows' });
    attempt.report({ done: 2, total: 3, unit: 'rows', note: 'loss 2.1' });
    terminal.say('The endpoint fails.');
    terminal.say('The endpoint fails again.');
    attempt.report({ done: 3, total: 3, unit: 'rows' });
    terminal.say('last');
    attempt.report({ done: 0, total: 2, unit: 'files' });
    terminal.result({}, '3 rows');
    assert.equal(
      seen(),
      'first\n\r\x1b[K1/3 rows\r\x1b[K2/3 rows, loss 2.1\nThe endpoint fails.\nThe endpoint fails again.\n' +
        '\r\x1b[K3/3 rows\nlast\n\r\x1b[K0/2 files\n3 rows\n',
    );
  });
});

describe('progress of a training', () => {
  it('is that of all its shards, with the epoch that it is in', () => {
    const seen: unknown[] = [];
    const attempt = { ...unwatched, report: (progress: object) => void seen.push(progress) };
    const settings = { ...trainingSettingsOf(trainInput.parse({ epochs: 3 })), learningRate: 2e-3 };
    const shard = ofWholeTraining(attempt, { fromStep: 15, totalSteps: 30, settings });
    shard.report({ done: 0, total: 10, unit: 'steps', note: 'loaded' });
    shard.report({ done: 5, total: 10, unit: 'steps' });
    shard.report({ done: 15, total: 15, unit: 'steps' });
    assert.deepEqual(seen, [
      { done: 15, total: 30, unit: 'steps', note: 'epoch 2 of 3, loaded' },
      { done: 20, total: 30, unit: 'steps', note: 'epoch 3 of 3' },
      { done: 30, total: 30, unit: 'steps', note: 'epoch 3 of 3' },
    ]);
  });
});

describe('what a command waits for', () => {
  it('is said once, however many requests wait for it, until when and for how long', (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 29, 2, 13) });
    const said: string[] = [];
    const tell = retryTeller({ say: (line) => said.push(line) });
    const limit = new AlpacaError('RateLimited', 'The teacher says not now.');
    for (let request = 0; request < 16; request += 1) tell(limit, 1_800_000);
    tell(new AlpacaError('TeacherUnavailable', 'The teacher is down.'), 4000);
    context.mock.timers.tick(1_800_000);
    tell(limit, 61_000);
    assert.deepEqual(said, [
      'The teacher says not now. (The next try is at 2026-11-29 02:43 UTC, in 1800 s.)',
      'The teacher is down. (The next try is in 4 s.)',
      'The teacher says not now. (The next try is at 2026-11-29 02:44 UTC, in 61 s.)',
    ]);
  });
});
