import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionStep, SessionStepResult } from '../../../../activities/model/decoding-sessions.ts';
import { TokenStreams } from '../../../../activities/model/token-streams.ts';

const options = { maxNewTokens: 3, temperature: 0, topP: 1, topK: null, stopIds: [], seed: 0 };

/** Counts up from a prompt's last id to its limit, and keeps what it was asked. */
function counting() {
  const open = new Map<number, { next: number; left: number }>();
  const asked: SessionStep[] = [];
  return {
    open,
    asked,
    async step(step: SessionStep): Promise<SessionStepResult> {
      asked.push(step);
      await new Promise((resolve) => setImmediate(resolve));
      for (const session of step.end) open.delete(session);
      for (const { session, prompt, options } of step.begin)
        open.set(session, { next: (prompt.at(-1) ?? 0) + 1, left: options.maxNewTokens });
      const result: SessionStepResult = { tokens: [], finished: [] };
      for (const [session, state] of open) {
        if (state.left === 0) {
          open.delete(session);
          result.finished.push(session);
          continue;
        }
        result.tokens.push({ session, id: state.next, logprobs: null });
        state.next += 1;
        state.left -= 1;
      }
      return result;
    },
  };
}

async function all(stream: AsyncIterable<{ id: number }>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of stream) ids.push(id);
  return ids;
}

describe('token streams', () => {
  it('gives each reader its own tokens, in one step for all', async () => {
    const model = counting();
    const streams = new TokenStreams((step) => model.step(step));
    const [a, b] = await Promise.all([all(streams.read([10], options)), all(streams.read([20], options))]);
    assert.deepEqual(
      [a, b],
      [
        [11, 12, 13],
        [21, 22, 23],
      ],
    );
    assert.ok(model.asked.length <= 5, `${model.asked.length} steps`);
  });

  it('ends the session of a reader who leaves, and only that', async () => {
    const model = counting();
    const streams = new TokenStreams((step) => model.step(step));
    const stays = all(streams.read([20], { ...options, maxNewTokens: 20 }));
    for await (const { id } of streams.read([10], { ...options, maxNewTokens: 1000 })) if (id === 12) break;
    assert.equal((await stays).length, 20);
    assert.equal(model.open.size, 0);
  });

  it('begins again after everything has ended', async () => {
    const model = counting();
    const streams = new TokenStreams((step) => model.step(step));
    assert.deepEqual(await all(streams.read([1], options)), [2, 3, 4]);
    assert.deepEqual(await all(streams.read([5], options)), [6, 7, 8]);
  });

  it('hands a failure to every reader', async () => {
    const streams = new TokenStreams(() => Promise.reject(new Error('the process died')));
    const readers = [all(streams.read([1], options)), all(streams.read([2], options))];
    for (const reader of readers) await assert.rejects(reader, /the process died/);
  });
});
