import { it } from 'node:test';
import { fuzzFiles } from '../files.ts';
import { fuzzMinutes } from '../minutes.ts';

const minutes = fuzzMinutes();

it(`of jsonl takes whatever comes for ${minutes} minutes`, {
  timeout: (minutes + 2) * 60_000,
}, async (test) => {
  const seed = Date.now() | 0;
  const outcomes = await fuzzFiles('jsonl', { minutes, seed });
  test.diagnostic(`seed ${seed}: ${JSON.stringify(outcomes)}`);
});
