import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertSame, shareNothing } from './share-nothing.ts';

/** The long version is share-nothing.long.ts. */
describe('a fleet whose processes share nothing but a network', () => {
  it('gives what one machine gives, though the data worker is cut off while it generates and the GPU worker while it trains', async (test) => {
    const found = await shareNothing({
      generating: ['data-worker'],
      training: ['trainer'],
      cutMs: 8000,
      say: (line) => test.diagnostic(line),
    });
    if (typeof found === 'string') return test.skip(found);
    assertSame(found);
    assert.ok(found.takenOver >= 1, 'no attempt was taken over: the cut met nothing');
  });
});
