import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Attempt, unwatched } from '../../../../activities/attempt.ts';
import { marked, type Program, runProgram } from '../../../../activities/process/program.ts';

const onLinux = {
  skip: process.platform === 'linux' ? false : 'processes are found by their marks on Linux',
};

function shell(mark: string, script: string, change: Partial<Program> = {}): Program {
  return {
    ...{ name: 'script', mark, command: 'sh', args: ['-c', script], folder: '/' },
    ...{ env: { GREETING: 'hello' }, stopFile: null, stopWithinMs: () => 0, ...change },
  };
}

describe('a program that is not ours', () => {
  it('tells its lines in order, and has what is set for it', async () => {
    const lines: string[] = [];
    await runProgram(
      shell('test-lines', 'echo one; echo "$GREETING"; echo >&2 no'),
      unwatched,
      async (line) => {
        lines.push(line);
      },
    );
    assert.deepEqual(lines, ['one', 'hello']);
  });

  it('that fails says how, and what it said last', async () => {
    await assert.rejects(
      runProgram(shell('test-fails', 'echo >&2 out of paper; exit 3'), unwatched, async () => {}),
      {
        code: 'ProcessDied',
        message: /^The script ended with the code 3\. It is started again\. It said last:\nout of paper$/,
      },
    );
  });

  it('that is not installed says what to do', async () => {
    await assert.rejects(
      runProgram(shell('test-absent', '', { command: 'no-such-program' }), unwatched, async () => {}),
      { code: 'Configuration', message: /^no-such-program is not installed here/ },
    );
  });

  it('leaves nothing that it has started, in sessions of their own as well', onLinux, async () => {
    const started = 'setsid sleep 600 & setsid sleep 600 & echo started; exit 0';
    await runProgram(shell('test-leaves', started), unwatched, async () => {});
    assert.deepEqual(await marked('test-leaves'), []);
  });

  it('is ended with all of that when the attempt is to end', onLinux, async () => {
    const controller = new AbortController();
    const attempt: Attempt = { signal: controller.signal, report() {} };
    const running = runProgram(
      shell('test-ends', 'setsid sleep 600 & echo started; wait'),
      attempt,
      async () => controller.abort(new Error('enough')),
    );
    await assert.rejects(running, { message: 'enough' });
    assert.deepEqual(await marked('test-ends'), []);
  });

  it('may end by itself in the time that it has', async () => {
    const controller = new AbortController();
    const attempt: Attempt = { signal: controller.signal, report() {} };
    const lines: string[] = [];
    const script = 'trap "echo saved; exit 0" TERM; echo started; while :; do sleep 0.05; done';
    await runProgram(shell('test-may', script, { stopWithinMs: () => 30_000 }), attempt, async (line) => {
      lines.push(line);
      if (line === 'started') controller.abort(new Error('enough'));
    });
    assert.deepEqual(lines, ['started', 'saved']);
  });
});
