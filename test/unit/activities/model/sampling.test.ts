import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { penalized, sampleToken, uniformFor } from '../../../../activities/model/sampling.ts';

/** Probabilities 0.5, 0.3, 0.15, 0.05 for the ids 2, 0, 3, 1. */
const logits = Float32Array.from([0.3, 0.05, 0.5, 0.15], Math.log);
const all = { temperature: 1, topP: 1, topK: null };

describe('sampling', () => {
  it('takes the likeliest at temperature 0, the lowest id among equals', () => {
    assert.equal(sampleToken(logits, { ...all, temperature: 0 }, 0.99), 2);
    assert.equal(sampleToken(Float32Array.of(1, 3, 3), { ...all, temperature: 0 }, 0.99), 1);
  });

  it('divides the unit interval by probability', () => {
    const drawn = [0.1, 0.49, 0.51, 0.79, 0.81, 0.94, 0.96].map((u) => sampleToken(logits, all, u));
    assert.deepEqual(drawn, [2, 2, 0, 0, 3, 3, 1]);
  });

  it('keeps the fewest tokens that reach top-p, and renormalizes', () => {
    // 0.5 + 0.3 reaches 0.7, so the interval is cut at 0.5 / 0.8.
    const drawn = [0.62, 0.63, 0.999].map((u) => sampleToken(logits, { ...all, topP: 0.7 }, u));
    assert.deepEqual(drawn, [2, 0, 0]);
  });

  it('keeps at most top-k tokens', () => {
    assert.equal(sampleToken(logits, { ...all, topK: 1 }, 0.999), 2);
    assert.equal(sampleToken(logits, { ...all, topK: 3 }, 0.999), 3);
  });

  it('flattens with temperature: squared probabilities at 0.5', () => {
    // 0.25 / (0.25 + 0.09 + 0.0225 + 0.0025) = 0.685
    const cold = { ...all, temperature: 0.5 };
    assert.deepEqual([sampleToken(logits, cold, 0.68), sampleToken(logits, cold, 0.69)], [2, 0]);
  });

  it('takes penalties from what was said: once for being there, and each time, as OpenAI defines it', () => {
    const plain = Float32Array.of(1, 2, 3);
    const said = new Map([
      [0, 1],
      [2, 3],
    ]);
    assert.deepEqual(
      [...penalized(plain, said, { presencePenalty: 0.5, frequencyPenalty: 0.25 })],
      [0.25, 2, 1.75],
    );
    assert.deepEqual([...penalized(plain, said, { presencePenalty: -0.5 })], [1.5, 2, 3.5]);
    assert.deepEqual([...plain], [1, 2, 3]);
    assert.equal(penalized(plain, said, {}), plain);
    assert.equal(penalized(plain, new Map(), { presencePenalty: 2 }), plain);
  });

  it('draws by seed, prompt and token', () => {
    assert.equal(uniformFor(1, 2, 3), uniformFor(1, 2, 3));
    const draws = [uniformFor(1, 2, 3), uniformFor(2, 2, 3), uniformFor(1, 3, 3), uniformFor(1, 2, 4)];
    assert.equal(new Set(draws).size, 4);
  });
});
