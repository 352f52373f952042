import assert from 'node:assert/strict';
import { it } from 'node:test';
import { filtered } from '../../../../bench/does-it-help/data-sets.ts';
import { spoil } from '../../../../bench/does-it-help/spoil.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { temporaryStore } from '../../activities/generate/generation-fixture.ts';

it('a fifth of the rows is spoiled, and the filter drops all of these and none else', async (test) => {
  const { store, folder } = disposedAfter(test, await temporaryStore());
  const rows = Array.from({ length: 50 }, (_, index) => ({
    instruction: `Tell what the traveller saw on day ${index} of the journey.`,
    input: '',
    output: `On day ${index} the traveller saw a lake and the hills behind it.`,
  }));
  const spoiled = spoil(rows);
  assert.deepEqual(
    spoiled.flatMap((row, index) => (row === rows[index] ? [] : [index])),
    [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
  );
  const kept = await filtered(spoiled, store, folder);
  assert.deepEqual(
    kept.rows.map(({ output }) => output),
    rows.filter((_, index) => index % 5 !== 0).map(({ output }) => output),
  );
  assert.deepEqual(kept.droppedBy, { refusal: 2, truncated: 2, echo: 2, markup: 2, repetition: 2 });
});
