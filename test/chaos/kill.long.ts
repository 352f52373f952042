import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { generateUnderKills, type KillFigures } from './generation-kills.ts';

describe('generation under twenty kills of workers and three of the server', () => {
  let figures: KillFigures;
  before(async () => {
    figures = await generateUnderKills({ kills: { dataWorker: 20, server: 3 }, say: console.error });
  });

  it('paid for nothing twice outside the gap that it counted', () => {
    assert.equal(figures.paidTwiceOutsideGap, 0);
    assert.equal(figures.paidTwiceUncounted, 0);
    assert.ok(figures.paidAndLost > 0, 'no kill met an asking in flight');
  });

  it('gives the same data from the surviving ledger, and sends nothing for it', () => {
    assert.deepEqual(figures.secondRun, { askings: 0, sent: 0, sameDigest: true });
  });
});
