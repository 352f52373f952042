import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ChildProcess } from '../../../../activities/process/child-process.ts';

const entry = new URL('./stopping-child.ts', import.meta.url);

/** A child that has begun to work at a request, and has so long to answer once it is to end. */
async function working(test: TestContext, way: 'heeds' | 'does not', stopWithinMs: number) {
  const worker = new AbortController();
  const { promise: pid, resolve: began } = Promise.withResolvers<number>();
  const attempt = { signal: worker.signal, report() {} };
  const child = new ChildProcess<string, string, number>(entry, attempt, async (id) => began(id), {
    stopWithinMs,
  });
  test.after(() => child.close());
  const answer = child.ask(way);
  answer.catch(() => {});
  return { child, answer, pid: await pid, stop: () => worker.abort(new Error('the worker stops')) };
}

describe('a child process that is given time to stop', () => {
  it('is told to, answers with what it has, and is asked nothing more', async (test) => {
    const { child, answer, stop } = await working(test, 'heeds', 60_000);
    stop();
    await assert.rejects(child.ask('heeds'), { message: 'the worker stops' });
    assert.equal(await answer, 'what it had');
    await assert.rejects(child.ask('heeds'), { message: 'the worker stops' });
  });

  it('is ended where it does not answer within that', async (test) => {
    const { answer, stop } = await working(test, 'does not', 200);
    stop();
    await assert.rejects(answer, { message: 'the worker stops' });
  });

  it('is ended at once where it is given none', async (test) => {
    const { answer, stop } = await working(test, 'heeds', 0);
    stop();
    await assert.rejects(answer, { message: 'the worker stops' });
  });

  it('leaves it to its parent what a signal to the whole group means', async (test) => {
    const { answer, pid, stop } = await working(test, 'heeds', 60_000);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(pid, signal);
    stop();
    assert.equal(await answer, 'what it had');
  });
});
