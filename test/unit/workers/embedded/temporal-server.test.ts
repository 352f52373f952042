import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startedItself } from '../../../../workers/embedded/temporal-server.ts';

describe('a Temporal server that was started', () => {
  function begun() {
    const state = { lines: [] as string[], answers: true, now: 0 };
    const server = { hasSaid: (beginning: string) => state.lines.some((line) => line.startsWith(beginning)) };
    const hasStarted = startedItself(
      server,
      async () => state.answers,
      () => state.now,
    );
    return { state, hasStarted };
  }

  it('has started once it says so and answers', async () => {
    const { state, hasStarted } = begun();
    state.lines.push('Server:  localhost:7233');
    assert.equal(await hasStarted(), true);
    state.answers = false;
    assert.equal(await hasStarted(), false);
  });

  it('has not started where another’s answers at its port', async () => {
    const { state, hasStarted } = begun();
    assert.equal(await hasStarted(), false);
    state.now = 10_000;
    assert.equal(await hasStarted(), false);
  });

  it('has started where it lives on for ten seconds beside the answers, of whatever version it is', async () => {
    const { state, hasStarted } = begun();
    assert.equal(await hasStarted(), false);
    state.now = 10_001;
    assert.equal(await hasStarted(), true);
  });
});
