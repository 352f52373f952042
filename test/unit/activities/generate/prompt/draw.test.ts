import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawSeedTasks } from '../../../../../activities/generate/prompt/draw.ts';
import fc from '../../../../property.ts';

describe('drawing seed tasks for a prompt', () => {
  it('is a function of seed, request and prompt', () => {
    // Made with a Philox4x32-10 written apart from this one, in Python.
    assert.deepEqual(drawSeedTasks(42, 0, 0, 3, 175), [54, 113, 51]);
    assert.deepEqual(drawSeedTasks(42, 0, 1, 3, 175), [173, 54, 45]);
    assert.deepEqual(drawSeedTasks(42, 1, 0, 3, 175), [29, 28, 85]);
    assert.deepEqual(drawSeedTasks(43, 0, 0, 3, 175), [59, 52, 159]);
    assert.deepEqual(drawSeedTasks(42, 0, 0, 8, 9), [7, 0, 2, 1, 8, 5, 3, 6]);
  });

  it('draws distinct tasks, as many as asked for', () => {
    const small = fc.nat(1000);
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        small,
        fc.nat(63),
        fc.integer({ min: 1, max: 20 }),
        small,
        (...args) => {
          const [seed, request, prompt, count, more] = args;
          const drawn = drawSeedTasks(seed, request, prompt, count, count + more);
          assert.equal(new Set(drawn).size, count);
          assert.ok(drawn.every((index) => index >= 0 && index < count + more));
        },
      ),
    );
  });

  it('favours no task and no place', () => {
    const places = Array.from({ length: 3 }, () => new Array<number>(10).fill(0));
    for (let request = 0; request < 4000; request += 1) {
      for (const [place, index] of drawSeedTasks(7, request, 0, 3, 10).entries()) {
        const counts = places[place] ?? [];
        counts[index] = (counts[index] ?? 0) + 1;
      }
    }
    // 400 expected in each; five standard deviations of a binomial count are 95.
    for (const count of places.flat()) assert.ok(Math.abs(count - 400) < 95, String(count));
  });

  it('refuses to show more tasks than there are', () => {
    assert.throws(() => drawSeedTasks(42, 0, 0, 3, 2), {
      code: 'InvalidInput',
      message: /shows 3 seed tasks \(seedTasksPerPrompt\), but there are only 2/,
    });
  });
});
