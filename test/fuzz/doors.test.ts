import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Harness } from '../workflow/harness.ts';
import { sharedHarness } from '../workflow/shared-harness.ts';
import { fuzzHttp } from './http.ts';
import { fuzzReading, fuzzWorkflows } from './inputs.ts';

describe('the door of', () => {
  it('HTTP answers whatever is sent with less than 500, in time, and shows nothing that it should not', async () => {
    const outcomes = await fuzzHttp({ runs: 1000 });
    for (const status of [0, 200, 400, 403, 404, 405, 413, 421])
      assert.ok((outcomes[status] ?? 0) > 0, JSON.stringify(outcomes));
  });

  it('inputs takes or refuses whatever a workflow is started with', async () => {
    const { taken, refused } = await fuzzReading({ runs: 3000 });
    assert.ok(taken > 300 && refused > 300, `${taken} taken, ${refused} refused`);
  });

  describe('workflows', () => {
    let harness: Harness;
    before(async () => {
      harness = await sharedHarness();
    });

    it('fails no task, whatever they are started with and sent', async () => {
      const outcomes = await fuzzWorkflows(harness, { runs: 5 });
      assert.ok(Object.keys(outcomes).length > 1, JSON.stringify(outcomes));
    });
  });
});
