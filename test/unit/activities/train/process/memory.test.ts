import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peakMemoryBytes } from '../../../../../activities/process/peak-memory.ts';
import { assertTensorsFlat, trainedFor } from './memory.ts';

/** The long version, with resident memory, is in memory.long.ts. */
describe('the memory of training', () => {
  it('has as many tensors after every step', async (test) => {
    const metrics = await trainedFor(16, test);
    assert.equal(metrics.length, 80);
    assertTensorsFlat(metrics, 40);
  });

  it('has a peak, which is not below what is resident', () => {
    const ballast = Buffer.alloc(64 << 20, 1);
    const peak = peakMemoryBytes();
    assert.ok(peak >= process.memoryUsage.rss() - ballast.length);
    assert.ok(peak > ballast.length);
  });
});
