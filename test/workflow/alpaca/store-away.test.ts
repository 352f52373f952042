import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import type { Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';
import { countedRun, INPUT } from './counted-run.ts';

describe('a store that is away for some seconds', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('costs a generation nothing: what is answered meanwhile is kept, and the data is the same', async (test) => {
    const undisturbed = await countedRun(test);
    let away = 0;
    const disturbed = await countedRun(test, async (index, store) => {
      if (index !== 5) return;
      await rename(store, `${store}-elsewhere`);
      void setTimeout(3000).then(async () => {
        await rename(`${store}-elsewhere`, store);
        away += 1;
      });
    });
    const outcomes: unknown[] = [];
    for (const { script, teacher } of [undisturbed, disturbed]) {
      await harness.withWorker(script, async (start) => {
        const { generate } = (await (await start('alpaca', INPUT)).result()) as AlpacaResult;
        const { data, costUsd, sent, lost } = generate;
        outcomes.push({ data: data.sha256, costUsd, sent, lost, asked: teacher.calls.length });
      });
    }
    assert.equal(away, 1);
    assert.deepEqual(outcomes[1], outcomes[0]);
  });
});
