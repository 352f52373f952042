import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Processes, startProcesses } from '../../processes.ts';
import { tellUnderKills, WEBHOOK_VARIABLES } from './kills.ts';

describe('webhooks under twenty kills of the worker that delivers them', () => {
  let processes: Processes;
  before(async () => {
    processes = await startProcesses({ teacher: ['--latency-ms', '500'], env: WEBHOOK_VARIABLES });
    await processes.start('data-worker');
  });
  after(() => processes?.stop());

  it('come at least once each, by the same id at every try, and in their order', async (test) => {
    const { events, tries, result } = await tellUnderKills(test, processes, 20);
    console.error(`tries of those that a kill met: ${tries.join(', ')}`);
    const byHand = events.filter((event) => !event.startsWith('paused '));
    assert.deepEqual(byHand, ['stage', ...Array.from({ length: 20 }, () => 'paused'), 'cancelled']);
    assert.ok(tries.every((count) => count >= 2));
    assert.deepEqual(result, { delivered: events.length, givenUp: 0 });
  });
});
