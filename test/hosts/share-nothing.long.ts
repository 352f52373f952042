import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertSame, shareNothing, type Victim } from './share-nothing.ts';

const EACH: readonly Victim[] = ['data-worker', 'teacher', 'store', 'temporal'];

/** The short version is share-nothing.test.ts. */
describe('a fleet whose processes share nothing but a network, and of which each host is cut off in turn', () => {
  it('gives what one machine gives', async (test) => {
    const found = await shareNothing({
      generating: EACH,
      training: ['trainer', 'data-worker', 'store', 'temporal'],
      cutMs: 12_000,
      say: (line) => console.error(line),
    });
    if (typeof found === 'string') return test.skip(found);
    assertSame(found);
    assert.ok(found.takenOver >= 1, 'no attempt was taken over');
  });

  it('gives it in rounds of two workers too, though the store or a worker vanishes in their midst', async (test) => {
    const found = await shareNothing({
      generating: [],
      training: ['store', 'trainer'],
      train: { workers: 2, roundSteps: 10 },
      cutMs: 12_000,
      say: (line) => console.error(line),
    });
    if (typeof found === 'string') return test.skip(found);
    assertSame(found);
  });
});
