import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { generateUnderStops, type StopFigures } from './generation-stops.ts';

describe('a generation of 400 requests under fifty orderly stops', () => {
  let figures: StopFigures;
  before(async () => {
    const seed = Number(process.env.ALPACA_PROPERTY_SEED ?? 1);
    figures = await generateUnderStops({ stops: 50, target: 7000, seed, say: console.error });
  });

  it('pays for no request twice, and loses none', () => {
    assert.ok(figures.kept >= 400, `${figures.kept} requests`);
    assert.equal(figures.paid, figures.kept);
    assert.equal(figures.lost, 0);
  });

  it('gives the data of an undisturbed generation', () => {
    assert.equal(figures.sameDigest, true);
  });

  it('stops its workers in order', () => {
    assert.deepEqual(figures.stops, { SIGTERM: 13, cancel: 13, reset: 12, terminate: 12 });
    assert.deepEqual(figures.exitCodes, Array(13).fill(0));
  });
});
