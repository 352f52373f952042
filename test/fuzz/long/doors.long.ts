import { describe, it } from 'node:test';
import { fuzzHttp } from '../http.ts';
import { fuzzReading } from '../inputs.ts';
import { fuzzMinutes } from '../minutes.ts';

const minutes = fuzzMinutes();
const timeout = (minutes + 2) * 60_000;

describe(`for ${minutes} minutes each`, () => {
  const seed = Date.now() | 0;

  it('the door of HTTP', { timeout }, async (test) => {
    test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzHttp({ minutes, seed }))}`);
  });

  it('the door of inputs', { timeout }, async (test) => {
    test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzReading({ minutes, seed }))}`);
  });
});
