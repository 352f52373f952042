import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertTensorsFlat, meanMemory, trainedFor } from './memory.ts';

describe('the memory of 500 training steps, with 10 saves and 20 measurements of held-out loss', () => {
  it('is flat: as many tensors after every step, and as much resident', async (test) => {
    const metrics = await trainedFor(100, test);
    assert.equal(metrics.length, 500);
    assertTensorsFlat(metrics, 40);
    const [early, late] = [meanMemory(metrics.slice(100, 150)), meanMemory(metrics.slice(450))];
    const mebibytes = [early, late, metrics.at(-1)?.peakMemoryBytes ?? 0].map((bytes) => bytes / 2 ** 20);
    test.diagnostic(`MiB at steps 100 to 149, at 450 to 499, peak: ${mebibytes.map(Math.round).join(', ')}`);
    assert.ok(late < 1.02 * early, `${early} -> ${late}`);
  });
});
