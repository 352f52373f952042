import { after, before, describe, it } from 'node:test';
import { type Harness, startHarness } from '../workflow/harness.ts';
import { fuzzHttp } from './http.ts';
import { fuzzReading, fuzzWorkflows } from './inputs.ts';
import { fuzzMinutes } from './minutes.ts';

const minutes = fuzzMinutes();
const timeout = (minutes + 3) * 60_000;

describe(`for ${minutes} minutes each`, () => {
  const seed = Date.now() | 0;

  it('the door of HTTP', { timeout }, async (test) => {
    test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzHttp({ minutes, seed }))}`);
  });

  it('the door of inputs', { timeout }, async (test) => {
    test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzReading({ minutes, seed }))}`);
  });

  describe('of workflows', () => {
    let harness: Harness;
    before(async () => {
      harness = await startHarness();
    });
    after(() => harness.close());

    it('the door of their messages', { timeout }, async (test) => {
      test.diagnostic(`seed ${seed}: ${JSON.stringify(await fuzzWorkflows(harness, { minutes, seed }))}`);
    });
  });
});
