import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { malformed, TeacherFailure } from '../../../../activities/teacher/answer/failures.ts';
import { createProving } from '../../../../activities/teacher/proving.ts';
import { profileOf } from './scripted-teacher.ts';

const never = new AbortController().signal;
const failure = (code: 'Authentication' | 'RateLimited') =>
  new TeacherFailure(code, 'No.', { mayBePaid: false });

describe('a teacher that has not answered yet', () => {
  it('gets one request; the others follow together once it has answered', async () => {
    const proving = createProving();
    const started: number[] = [];
    const gate = Promise.withResolvers<void>();
    const all = [0, 1, 2].map((index) =>
      proving.run(never, () => {
        started.push(index);
        return gate.promise;
      }),
    );
    await turn();
    assert.deepEqual(started, [0]);
    gate.resolve();
    await Promise.all(all);
    assert.deepEqual(started, [0, 1, 2]);
  });

  it('is asked once where the key is wrong: the failure is everybody’s', async () => {
    const proving = createProving();
    let asked = 0;
    const ask = () => {
      asked += 1;
      return Promise.reject(failure('Authentication'));
    };
    const settled = await Promise.allSettled([1, 2, 3].map(() => proving.run(never, ask)));
    assert.equal(asked, 1);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    await assert.rejects(proving.run(never, ask), { code: 'Authentication' });
    assert.equal(asked, 2, 'a later one tries for itself: the key may be in order by then');
  });

  it('does not keep the others where only one request failed', async () => {
    const proving = createProving();
    const failed = proving.run(never, () => Promise.reject(failure('RateLimited')));
    const others = [1, 2].map((value) => proving.run(never, async () => value));
    await assert.rejects(failed, { code: 'RateLimited' });
    assert.deepEqual(await Promise.all(others), [1, 2]);
  });

  it('is not left to all before it has given a text, nor after a failure that holds for all', async () => {
    const proving = createProving();
    const atOnce = async (...texts: string[]) => {
      let running = 0;
      let most = 0;
      const ask = async (text: string) => {
        running += 1;
        most = Math.max(most, running);
        await turn();
        running -= 1;
        proving.hear(answer(text), profile, 1);
      };
      await Promise.allSettled(texts.map((text) => proving.run(never, () => ask(text))));
      return most;
    };
    assert.equal(await atOnce('', '', 'text'), 1);
    assert.equal(await atOnce('', '', 'text'), 3);
    await assert.rejects(
      proving.run(never, () => Promise.reject(failure('Authentication'))),
      { code: 'Authentication' },
    );
    assert.equal(await atOnce('text'), 1);
    assert.equal(await atOnce('text', 'text'), 2);
  });

  it('lets go of who stops waiting', async () => {
    const proving = createProving();
    const gate = Promise.withResolvers<void>();
    const first = proving.run(never, () => gate.promise);
    const stop = new AbortController();
    const waiting = proving.run(stop.signal, async () => 'never runs');
    stop.abort(new Error('stopped'));
    await assert.rejects(waiting, /stopped/);
    gate.resolve();
    await first;
  });
});

describe('answers without a text', () => {
  it('are asked for at ever longer intervals, half an hour at the most', () => {
    const proving = createProving();
    const waits: number[] = [];
    for (let asked = 0; asked < 13; asked += 1)
      try {
        proving.hear(answer(''), profile, 1);
      } catch (error) {
        if (error instanceof TeacherFailure) waits.push((error.retryAfterMs ?? 0) / 1000);
      }
    assert.deepEqual(waits, [15, 30, 60, 120, 240, 480, 960, 1800, 1800]);
  });

  it('fail from the fifth on, in whatever way they have none, and the failure is everybody’s', async () => {
    const proving = createProving();
    let asked = 0;
    const ask = async (finishReason: string) => {
      asked += 1;
      proving.hear({ ...answer(''), finishReason }, profile, 1);
    };
    const all = (finishReasons: string[]) =>
      Promise.allSettled(finishReasons.map((end) => proving.run(never, () => ask(end))));
    const failed = (settled: PromiseSettledResult<void>[]) =>
      settled.filter(({ status }) => status === 'rejected').length;
    assert.equal(failed(await all(['stop', 'length', 'stop', 'length'])), 0);
    assert.equal(failed(await all(Array(10).fill('length'))), 10);
    assert.equal(asked, 4 + 1);
    assert.equal(failed(await all(Array(10).fill('length'))), 10);
    assert.equal(asked, 4 + 1 + 1, 'one shows whether it is over');
    for (const _ of [1, 2, 3]) proving.hear(answer('text'), profile, 1);
    assert.equal(failed(await all(Array(4).fill('length'))), 0);
  });

  it('fail from the fifth on that cannot be read too, which is shown', async () => {
    const proving = createProving();
    const ask = () =>
      Promise.resolve().then(() =>
        proving.hearFailure(malformed(profile, 'it is no JSON: data: {}'), profile),
      );
    const four = await Promise.allSettled([1, 2, 3, 4].map(() => proving.run(never, ask)));
    assert.deepEqual(
      four.map((settled) => settled.status === 'rejected' && settled.reason.code),
      Array(4).fill('TeacherMalformed'),
    );
    await assert.rejects(proving.run(never, ask), {
      code: 'EmptyAnswers',
      message:
        /^The teacher "scripted" gave 5 answers in a row without a text that can be read; of the last: it is no JSON: data: \{\}\. Check that http:\/\/127\.0\.0\.1:1\/v1 is an OpenAI-compatible endpoint/,
    });
  });

  it('fail where texts among them are few: each makes up for two', () => {
    const proving = createProving();
    const failing = ['', '', '', '', 'text', '', '', ''].map((text) => {
      try {
        proving.hear(answer(text), profile, 1);
        return '';
      } catch (error) {
        return String(error).slice(0, 95);
      }
    });
    assert.deepEqual(failing.slice(0, 7), Array(7).fill(''));
    assert.match(failing[7] ?? '', /gave most of its latest answers without a text/);
  });
});

const profile = profileOf('http://127.0.0.1:1/v1');

function answer(text: string) {
  return { text, finishReason: 'stop', usage: null, costUsd: 0, maxTokens: 100 };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
