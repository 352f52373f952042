import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { CommanderError } from 'commander';
import { AlpacaError } from '../../../../activities/errors.ts';
import { Interrupted, outcomeOf, UsageError } from '../../../../workers/command/outcome.ts';

describe('the outcome of a command', () => {
  it('is exit code 2 for wrong usage, 130 for an interruption, 1 for a failure', () => {
    assert.deepEqual(outcomeOf(new UsageError('Give one.'), false), { exitCode: 2, message: 'Give one.' });
    assert.deepEqual(outcomeOf(new Interrupted('Stopped.'), false), { exitCode: 130, message: 'Stopped.' });
    assert.deepEqual(outcomeOf(new AlpacaError('NotFound', 'No x.', { remedy: 'Make one.' }), false), {
      exitCode: 1,
      message: 'No x. Make one.',
    });
  });

  it('leaves to commander what commander has said', () => {
    const unknown = new CommanderError(1, 'commander.unknownOption', 'error: unknown option');
    assert.deepEqual(outcomeOf(unknown, false), { exitCode: 2, message: null });
    const help = new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)');
    assert.deepEqual(outcomeOf(help, false), { exitCode: 0, message: null });
  });

  it('is our sentence in a workflow’s failure, and not what lies beneath it', () => {
    const cause = ApplicationFailure.create({
      message: 'The key is wrong. Set OPENAI_API_KEY.',
      nonRetryable: true,
      cause: ApplicationFailure.create({ message: '401 Unauthorized' }),
    });
    const activity = Object.assign(new Error('Activity task failed', { cause }), { name: 'ActivityFailure' });
    const failed = Object.assign(new Error('Workflow execution failed', { cause: activity }), {
      name: 'WorkflowFailedError',
    });
    assert.deepEqual(outcomeOf(failed, false), {
      exitCode: 1,
      message: 'The key is wrong. Set OPENAI_API_KEY.',
    });
  });

  it('says that a cancelled run keeps what it made', () => {
    const failed = Object.assign(new Error('failed', { cause: new CancelledFailure('cancelled') }), {
      name: 'WorkflowFailedError',
    });
    assert.deepEqual(outcomeOf(failed, false), {
      exitCode: 1,
      message: 'The run was cancelled; what it made so far is kept.',
    });
  });

  it('names a full disk and a missing file', async () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/store/x' });
    assert.match(outcomeOf(full, false).message ?? '', /^The disk is full: \/store\/x was not written/);
    const missing = await readFile('/no/such/file').catch((error: unknown) => error);
    assert.deepEqual(outcomeOf(missing, false), {
      exitCode: 1,
      message: 'There is no /no/such/file. Check the path.',
    });
  });

  it('is an interruption, and no defect, where what was under way failed because a person stopped it', () => {
    const aborted = new DOMException('The operation was aborted', 'AbortError');
    assert.deepEqual(outcomeOf(aborted, false, true), {
      exitCode: 130,
      message: 'Stopped. What is in the store is kept: the same command goes on from there.',
    });
    const full = new AlpacaError('StorageFull', 'The disk is full.');
    assert.deepEqual(outcomeOf(full, false, true), { exitCode: 1, message: 'The disk is full.' });
  });

  it('keeps the stack of a defect for --verbose', () => {
    const defect = new TypeError('x is undefined');
    assert.equal(
      outcomeOf(defect, false).message,
      'Unexpected failure: x is undefined (--verbose shows where)',
    );
    assert.match(outcomeOf(defect, true).message ?? '', /TypeError: x is undefined\n\s+at /);
  });
});
