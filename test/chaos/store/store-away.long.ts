import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertUndisturbed, runOverAbsence } from './store-away.ts';

const HALF_AN_HOUR_MS = 30 * 60_000;

describe('a store that is away for half an hour in the midst of a generation and of a dedupe', () => {
  it('is waited for, and both end as if undisturbed', async () => {
    const plan = { awayMs: HALF_AN_HOUR_MS, target: 400, rows: 50_000, newWorker: false };
    const figures = await runOverAbsence(plan);
    console.error(JSON.stringify(figures));
    assertUndisturbed(figures);
    assert.ok(figures.awaySeconds >= 1800);
  });
});
