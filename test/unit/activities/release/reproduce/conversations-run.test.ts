import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

describe('the release of a run whose rows became conversations', () => {
  let small: SmallRun;
  before(async () => {
    small = await smallRun(undefined, 'alpaca', null, null, 3);
  });
  after(() => small[Symbol.asyncDispose]());

  it('is reproduced: every turn is made again from the ledger, and the sums hold', async () => {
    const claims = await reproduce(small.folder, small, unwatched);
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    const generation = claims.find(({ claim }) => claim === 'the rows follow from the ledger');
    assert.match(generation?.detail ?? '', /^12 rows of 27 requests, byte for byte/);
  });

  it('has its rows as messages, and says who wrote them', async () => {
    const rows = JSON.parse(await readFile(join(small.folder, 'alpaca_data.json'), 'utf8'));
    assert.deepEqual(Object.keys(rows[0]), ['messages']);
    assert.equal(rows[0].messages.length, 6);
    const card = await readFile(join(small.folder, 'README.md'), 'utf8');
    assert.match(card, /\| conversations with their question 2, written by the teacher \| 12 of 12 \|/);
    assert.match(
      await readFile(join(small.folder, 'DATASHEET.md'), 'utf8'),
      /asked for the user’s next message/,
    );
  });
});
