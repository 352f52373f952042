import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzFiles } from './files.ts';

describe('the door of', () => {
  // Of every door some files must get in and some be refused: else nothing behind it was tried.
  for (const [door, runs] of [
    ['safetensors', 300],
    ['config', 120],
    ['tokenizer', 60],
    ['parquet', 25],
    ['jsonl', 80],
  ] as const)
    it(`${door} takes or refuses whatever comes, in time and in order`, { timeout: 120_000 }, async () => {
      const outcomes = await fuzzFiles(door, { runs });
      assert.ok((outcomes.taken ?? 0) > 0, JSON.stringify(outcomes));
      if (door !== 'jsonl') assert.ok((outcomes.InvalidInput ?? 0) > 0, JSON.stringify(outcomes));
    });
});
