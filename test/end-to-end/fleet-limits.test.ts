import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LimitsView } from '../../workflows/contracts/fleet/rate-limit.ts';
import { askForMore, fullestWindow, type LimitedFleet, startLimitedFleet } from './limited-fleet.ts';

const WINDOW_MS = 6000;
/** So few that two busy cores can use them up: what is tried here is who sends them, not how fast. */
const TOKENS = 40_000;
const REQUESTS = 130;

describe('three worker processes under one limit', () => {
  let fleet: LimitedFleet;
  before(async () => {
    fleet = await startLimitedFleet({
      requestsPerMinute: REQUESTS,
      tokensPerMinute: TOKENS,
      windowSeconds: WINDOW_MS / 1000,
    });
    await askForMore(fleet, 'limited');
  });
  after(() => fleet?.processes.stop());

  it('never send more in any window by the endpoint’s own log, and use most of it', async () => {
    await fleet.work(3 * WINDOW_MS);
    const counted = await fleet.counted();
    const most = fullestWindow(counted, WINDOW_MS);
    assert.ok(most.tokens <= TOKENS, `${most.tokens} tokens in a window`);
    assert.ok(most.requests <= REQUESTS, `${most.requests} requests in a window`);
    // Not by the clock, on which a busy machine is late: a window is filled, and then another.
    assert.ok(most.tokens >= 0.7 * TOKENS, `${most.tokens} tokens in the fullest window`);
    const all = counted.reduce((sum, { tokens }) => sum + tokens, 0);
    assert.ok(all >= 1.4 * TOKENS, `${all} tokens in three windows`);
    assert.equal(fleet.mostHolders, 3, 'every worker held a share');
  });

  it('keep to a new limit that `alpaca limits` sets while they run', async () => {
    const view = await setLimits(fleet, 'limited', '--tokens', TOKENS / 2);
    assert.equal(view.limits.tokens, TOKENS / 2);
    const set = Date.now();
    await fleet.work(2.2 * WINDOW_MS);
    const after = await fleet.counted(set + WINDOW_MS + 500);
    const most = fullestWindow(after, WINDOW_MS);
    assert.ok(most.tokens <= TOKENS / 2, `${most.tokens} tokens in a window`);
    assert.ok(after.length > 0, 'nothing was sent under the new limit');
  });

  it('keep to what a person sets for a profile that has no limits', async () => {
    const hungry = fleet.processes.client.workflow.getHandle('hungry-limited');
    await hungry.cancel();
    await assert.rejects(hungry.result());
    await setLimits(fleet, 'unlimited', '--requests', 30);
    const set = Date.now();
    await askForMore(fleet, 'unlimited');
    while ((await fleet.counted(set)).length === 0) await fleet.work(500);
    await fleet.work(4000);
    const most = fullestWindow(await fleet.counted(set), WINDOW_MS);
    assert.ok(most.requests <= 30, `${most.requests} requests in a window`);
  });
});

/** `alpaca limits PROFILE`, as a person changes them. */
async function setLimits(
  { processes }: LimitedFleet,
  profile: string,
  option: '--requests' | '--tokens',
  count: number,
): Promise<LimitsView> {
  const command = fileURLToPath(new URL('../../workers/command/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [command, 'limits', profile, option, String(count), '--json'],
    { env: { ...process.env, TEMPORAL_ADDRESS: processes.address, ALPACA_STATE: processes.folder } },
  );
  return JSON.parse(stdout) as LimitsView;
}
