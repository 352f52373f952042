import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type KillFigures, selfInstructUnderKills } from './kills.ts';

describe('Self-Instruct under kill -9', () => {
  let figures: KillFigures;
  before(async () => {
    figures = await selfInstructUnderKills({
      kills: 1,
      workers: 1,
      target: 10,
      every: 8,
      seed: 1,
      say: console.error,
    });
  });

  it('pays for no answer twice outside the gap that it counts', () => {
    const { answered, kept, lost, stages } = figures;
    assert.ok(stages.includes('classification') || stages.includes('instances'), String(stages));
    assert.ok(answered - kept <= lost, `${answered} answers, ${kept} kept, ${lost} counted as lost`);
  });

  it('gives the same data from the surviving ledger, and sends nothing for it', () => {
    assert.deepEqual(figures.secondRun, { sent: 0, asked: 0, sameDigest: true });
  });
});
