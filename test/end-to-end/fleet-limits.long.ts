import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  askForMore,
  fullestWindow,
  type LimitedFleet,
  startLimitedFleet,
  throughput,
} from './limited-fleet.ts';

/** The same as fleet-limits.test.ts with real minutes, and a worker that dies with requests in flight. */
const WINDOW_MS = 60_000;
const TOKENS = 300_000;

describe('three worker processes under one limit, for four minutes', () => {
  let fleet: LimitedFleet;
  before(async () => {
    fleet = await startLimitedFleet({ requestsPerMinute: 5000, tokensPerMinute: TOKENS, windowSeconds: 60 });
    await askForMore(fleet, 'limited');
  });
  after(() => fleet?.processes.stop());

  it('never send more in any minute, and use most of it', async () => {
    await fleet.work(4 * WINDOW_MS);
    const counted = await fleet.counted();
    const most = fullestWindow(counted, WINDOW_MS);
    assert.ok(most.tokens <= TOKENS, `${most.tokens} tokens in a minute`);
    const share = throughput(counted, WINDOW_MS, TOKENS);
    assert.ok(share >= 0.7, `${Math.round(share * 100)} % of the limit was used`);
  });

  it('hold what a killed worker had, and go on', async () => {
    const killed = Date.now();
    await fleet.processes.kill('data-worker-2');
    await fleet.work(2 * WINDOW_MS);
    assert.ok(fullestWindow(await fleet.counted(), WINDOW_MS).tokens <= TOKENS);
    assert.ok((await fleet.counted(killed + WINDOW_MS)).length > 0, 'nothing was sent any more');
  });
});
