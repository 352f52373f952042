import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PhiloxStream, philox, shuffledIndices } from '../../../activities/philox.ts';

const run = (counter: number[], key0: number, key1: number) => {
  const words = Uint32Array.from(counter);
  philox(words, key0, key1);
  return [...words];
};

describe('Philox4x32-10', () => {
  // The three vectors that Random123, the reference implementation, publishes in its kat_vectors.
  it('agrees with the published vectors', () => {
    const ones = 0xffffffff;
    assert.deepEqual(run([0, 0, 0, 0], 0, 0), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    assert.deepEqual(
      run([ones, ones, ones, ones], ones, ones),
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    );
    assert.deepEqual(
      run([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], 0xa4093822, 0x299f31d0),
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    );
  });
});

describe('a stream', () => {
  it('is a function of seed, purpose and index', () => {
    const draws = (stream: PhiloxStream) => Array.from({ length: 6 }, () => stream.nextWord());
    const first = draws(new PhiloxStream(42, 'shuffle', 0));
    assert.deepEqual(draws(new PhiloxStream(42, 'shuffle', 0)), first);
    for (const other of [
      new PhiloxStream(43, 'shuffle', 0),
      new PhiloxStream(42, 'shuffle', 1),
      new PhiloxStream(42, 'initialize', 0),
    ])
      assert.notDeepEqual(draws(other), first);
  });

  it('draws normal values with mean 0 and deviation 1', () => {
    const stream = new PhiloxStream(7, 'initialize', 0);
    const values = Array.from({ length: 20_000 }, () => stream.nextNormal());
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value) / values.length;
    // five standard errors of each
    assert.ok(Math.abs(mean) < 0.035, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
  });

  it('shuffles every index in, each place alike', () => {
    const firsts = new Map<number, number>();
    for (let index = 0; index < 3000; index += 1) {
      const order = shuffledIndices(3, new PhiloxStream(1, 'shuffle', index));
      assert.deepEqual(order.toSorted(), [0, 1, 2]);
      firsts.set(order[0] ?? -1, (firsts.get(order[0] ?? -1) ?? 0) + 1);
    }
    // 1000 expected, five standard deviations of 26
    for (const count of firsts.values()) assert.ok(Math.abs(count - 1000) < 130, `${count}`);
  });
});
