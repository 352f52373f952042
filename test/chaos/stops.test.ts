import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { generateUnderStops, type StopFigures } from './generation-stops.ts';

describe('generation under eight stops', () => {
  let figures: StopFigures;
  before(async () => {
    figures = await generateUnderStops({ stops: 8, target: 1200, seed: 14, say: console.error });
  });

  it('pays for no request twice, and loses none', () => {
    assert.equal(figures.paid, figures.kept);
    assert.equal(figures.lost, 0);
  });

  it('gives the data of an undisturbed generation', () => {
    assert.equal(figures.sameDigest, true);
  });

  it('stops its workers in order', () => {
    assert.deepEqual(figures.stops, { SIGTERM: 2, cancel: 2, reset: 2, terminate: 2 });
    assert.deepEqual(figures.exitCodes, [0, 0]);
  });
});
