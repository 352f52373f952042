import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTurns } from '../../../../workers/serve/turns.ts';

describe('a turn', () => {
  const stays = new AbortController().signal;

  it('is taken by nobody who has gone away already, and by the next in line when it is given back', async () => {
    const turns = createTurns(1, 1);
    assert.equal(await turns.take(AbortSignal.abort()), 'gone');
    assert.equal(await turns.take(stays), 'turn');
    assert.equal(await turns.take(AbortSignal.abort()), 'gone');
    const next = turns.take(stays);
    assert.deepEqual([turns.waiting, turns.full], [1, true]);
    turns.give();
    assert.equal(await next, 'turn');
  });
});
