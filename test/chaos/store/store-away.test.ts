import { describe, it } from 'node:test';
import { assertUndisturbed, runOverAbsence } from './store-away.ts';

/** The long version is store-away.long.ts. */
describe('a store that is away for some seconds in the midst of a generation and of a dedupe', () => {
  it('is waited for by a worker that starts meanwhile, and both end as if undisturbed', async () => {
    const plan = { awayMs: 1000, target: 200, rows: 20_000, newWorker: true };
    assertUndisturbed(await runOverAbsence(plan));
  });
});
