import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mutate } from './mutate.ts';

/** What part of all mutants, in percent, the tests of a room find: as docs/mutation.md has it. */
const ROOMS: { room: string; atLeast: number; leftOut?: string[] }[] = [
  { room: 'activities/generate/parse', atLeast: 95 },
  { room: 'activities/dedupe/rouge', atLeast: 89, leftOut: ['assembler', 'lane-', 'int32-list'] },
  { room: 'activities/evaluate/winrate', atLeast: 99, leftOut: ['length-controlled/'] },
  { room: 'activities/evaluate/winrate/length-controlled', atLeast: 90 },
  { room: 'activities/train/plan', atLeast: 98, leftOut: ['method', 'plan-training'] },
  { room: 'workflows/decisions', atLeast: 97 },
];

describe('the tests of a room find what is changed in it', () => {
  for (const { room, atLeast, leftOut = [] } of ROOMS)
    it(room, async (test) => {
      const { score, mutants, survivors, page } = await mutate(room, leftOut);
      test.diagnostic(
        `${score.toFixed(1)}% of ${mutants} mutants were found; ${page} shows them. Not these:`,
      );
      for (const survivor of survivors) test.diagnostic(survivor);
      assert.ok(score >= atLeast, `${score}% is less than ${atLeast}%`);
    });
});
