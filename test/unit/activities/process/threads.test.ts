import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { AlpacaError } from '../../../../activities/errors.ts';
import { Conversation, runThreads } from '../../../../activities/process/threads.ts';

const THREADS = new URL('../../../../activities/process/threads.ts', import.meta.url);

/** Closes a thread whose reply is on its way, with nothing else to keep the process alive. */
const CLOSE_WITH_A_REPLY_DUE = `
  import { Conversation } from ${JSON.stringify(THREADS)};
  const thread = new Conversation(new URL('data:text/javascript,' + encodeURIComponent(
    'import { parentPort } from "node:worker_threads";' +
    'parentPort.on("message", (message) => { parentPort.postMessage(message); });')), null);
  console.log(await thread.ask('first'));
  thread.ask('second');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await thread.close();
  console.log('closed');
`;

describe('a conversation with a thread', () => {
  it('is closed before the process ends, even when a last reply comes in meanwhile', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--input-type=module', '--eval', CLOSE_WITH_A_REPLY_DUE],
    ]);
    assert.equal(stdout, 'first\nclosed\n');
  });
});

describe('an error in a thread', () => {
  const script = new URL('./failing-thread.ts', import.meta.url);
  const check = (error: unknown) => {
    assert.ok(error instanceof AlpacaError);
    assert.equal(error.code, 'StorageFull');
    assert.equal(error.message, 'The disk is full. Free some space.');
    assert.ok(error.cause instanceof Error);
    assert.deepEqual({ ...error.cause }, { code: 'ENOSPC' });
    return true;
  };

  it('is the same where a conversation is held with it', async (test) => {
    const thread = new Conversation(script, null);
    test.after(() => thread.close());
    await assert.rejects(thread.ask('anything'), check);
  });

  it('is the same where threads run to their end', async () => {
    const { signal } = new AbortController();
    await assert.rejects(runThreads(script, null, { threads: 2, signal, onMessage() {} }), check);
  });
});
