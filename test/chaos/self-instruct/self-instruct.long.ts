import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type KillFigures, selfInstructUnderKills } from './kills.ts';

/** Fewer for a first look; the run is as long as they need. */
const KILLS = Number(process.env.ALPACA_KILLS ?? 200);

describe(`Self-Instruct under ${KILLS} kills`, () => {
  let figures: KillFigures;
  before(async () => {
    figures = await selfInstructUnderKills({
      kills: KILLS,
      workers: 3,
      // Sixteen answers a kill and more, of which a slow machine uses twelve: the run outlasts its kills.
      target: 8 * KILLS,
      every: 7,
      seed: 7,
      say: console.error,
    });
  });

  it('meets each stage at work', () => {
    assert.equal(figures.stages.length, KILLS);
    for (const stage of ['instructions', 'classification', 'instances'])
      assert.ok(figures.stages.filter((met) => met === stage).length >= KILLS / 20, stage);
  });

  it('pays for no answer twice outside the gap that it counts', () => {
    const { answered, kept, lost } = figures;
    assert.ok(answered - kept <= lost, `${answered} answers, ${kept} kept, ${lost} counted as lost`);
  });

  it('gives the same data from the surviving ledger, and sends nothing for it', () => {
    assert.deepEqual(figures.secondRun, { sent: 0, asked: 0, sameDigest: true });
  });
});
