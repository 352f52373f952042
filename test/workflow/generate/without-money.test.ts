import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { eventually, type Harness, type OwnHarness, startHarness } from '../harness.ts';
import { answered, paidEstimate, type Script, unpaid } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

/** A ledger that has some requests; what is asked beside them is counted. */
function ledgerOf(has: (request: number) => boolean) {
  const calls = { sought: [] as number[], asked: [] as number[] };
  const answerRequest: Script['answerRequest'] = async ({ request, fromLedgerAlone }) => {
    if (fromLedgerAlone) calls.sought.push(request);
    const known = { ...answered(request), fromLedger: 5, sent: 0 };
    if (has(request)) return known;
    if (fromLedgerAlone) return unpaid(request);
    calls.asked.push(request);
    return answered(request, 0.5);
  };
  const script: Partial<Script> = { answerRequest, estimateGeneration: async () => paidEstimate };
  return { script, calls };
}

describe('a generation that has no money for one more request', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('takes what the ledger has, which costs nothing: a whole run over its own', async () => {
    const { script, calls } = ledgerOf(() => true);
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { target: 100, budgetUsd: 0.5, roundSize: 2 });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.costUsd], [100, 0]);
    });
    assert.deepEqual(calls.asked, []);
    assert.ok(calls.sought.length >= 10, `${calls.sought.length} were looked for`);
  });

  it('waits for money where the ledger lacks one, and goes on with that', async () => {
    const { script, calls } = ledgerOf((request) => request !== 3);
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { target: 100, budgetUsd: 0.5, concurrency: 1, roundSize: 1 });
      const waiting = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.deepEqual([waiting.pauseKind, waiting.costUsd, calls.sought], ['budget', 0, [0, 1, 2, 3]]);
      await handle.executeUpdate('setBudget', { args: [1] });
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.costUsd, calls.asked], [100, 0.5, [3]]);
    });
  });

  it('ends early with what it has', async () => {
    const { script, calls } = ledgerOf((request) => request < 3);
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { target: 100, budgetUsd: 0.5, concurrency: 2, roundSize: 1 });
      await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      await handle.executeUpdate('stopEarly');
      const result = (await handle.result()) as GenerateResult;
      assert.deepEqual([result.data.rows, result.costUsd, calls.asked], [30, 0, []]);
    });
  });
});

describe('a generation that ends a long history while a request is asked again', () => {
  let harness: OwnHarness;
  before(async () => {
    harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=25']);
  });
  after(() => harness.close());

  it('says that it waits for money, and goes on with that', async () => {
    let isLost = true;
    const release = Promise.withResolvers<void>();
    const answerRequest: Script['answerRequest'] = async ({ request, fromLedgerAlone }) => {
      if (fromLedgerAlone) return unpaid(request);
      if (request < 4 || !isLost) return answered(request, 0.5);
      isLost = false;
      await release.promise;
      return { ...answered(request), status: 'lost', sent: 0, lost: 5, lostUsd: 1 };
    };
    const script: Partial<Script> = { answerRequest, estimateGeneration: async () => paidEstimate };
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { target: 60, budgetUsd: 3, concurrency: 1, roundSize: 1 });
      await eventually(
        () => handle.query(progressQuery),
        ({ accepted }) => accepted === 40,
      );
      release.resolve();
      const { pauseKind } = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.equal(pauseKind, 'budget');
      await handle.executeUpdate('setBudget', { args: [100] });
      assert.ok(await handle.result());
    });
  });

  it('knows on in its next runs that an answer has cost more than its worst case', async () => {
    // One asking is worth $1 at its worst. The first costs $5: so much is held back for each from then on.
    const answerRequest: Script['answerRequest'] = async ({ request, fromLedgerAlone }) =>
      fromLedgerAlone ? unpaid(request) : answered(request, request === 0 ? 5 : 0.5);
    const script: Partial<Script> = { answerRequest, estimateGeneration: async () => paidEstimate };
    await harness.withWorker(script, async (start) => {
      const handle = await start('generate', { target: 200, budgetUsd: 12, concurrency: 1, roundSize: 1 });
      const { runId } = await handle.describe();
      const { costUsd, pauseReason } = await eventually(
        () => handle.query(progressQuery),
        ({ pauseKind }) => pauseKind === 'budget',
      );
      assert.equal(costUsd, 7.5);
      assert.match(
        pauseReason ?? '',
        /one more request can cost 5\.00 USD \(answers have cost up to 5\.0 times/,
      );
      assert.notEqual((await handle.describe()).runId, runId);
      await handle.executeUpdate('stopEarly');
      await handle.result();
    });
  });
});
