import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { benchGpu } from '../../bench/gpu/bench.ts';

describe('what is to be run first on a GPU', () => {
  it('runs to its end without one, as a dry run', async () => {
    const { dryRun, kills, ...parts } = await benchGpu(['--dry']);
    assert.equal(dryRun, true);
    const { sameModel, sameCheckpoint } = kills as Record<string, unknown>;
    assert.deepEqual({ sameModel, sameCheckpoint }, { sameModel: true, sameCheckpoint: true });
    for (const [name, part] of Object.entries(parts))
      assert.ok(!JSON.stringify(part).includes('"failed"'), `${name}: ${JSON.stringify(part)}`);
    assert.ok('step tiny 1B' in parts && 'torchrun' in parts);
  });
});
