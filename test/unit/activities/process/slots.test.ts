import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSlots } from '../../../../activities/process/slots.ts';

const never = new AbortController().signal;

describe('slots', () => {
  it('run as many at once as there are, the rest in order', async () => {
    const slots = createSlots(2);
    const started: number[] = [];
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const all = gates.map((gate, index) =>
      slots.run(never, () => {
        started.push(index);
        return gate.promise;
      }),
    );
    await turn();
    assert.deepEqual(started, [0, 1]);
    gates[1]?.resolve();
    await turn();
    assert.deepEqual(started, [0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(all);
    assert.deepEqual(started, [0, 1, 2, 3]);
  });

  it('give a slot back when the work fails', async () => {
    const slots = createSlots(1);
    await assert.rejects(
      slots.run(never, () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.equal(await slots.run(never, async () => 'ran'), 'ran');
  });

  it('let go of who stops waiting, without losing a slot', async () => {
    const slots = createSlots(1);
    const gate = Promise.withResolvers<void>();
    const first = slots.run(never, () => gate.promise);
    const stop = new AbortController();
    const waiting = slots.run(stop.signal, async () => 'never runs');
    stop.abort(new Error('stopped'));
    await assert.rejects(waiting, /stopped/);
    gate.resolve();
    await first;
    assert.equal(await slots.run(never, async () => 'ran'), 'ran');
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
