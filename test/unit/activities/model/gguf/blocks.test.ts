import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCK_FORMATS, pack } from '../../../../../activities/model/gguf/blocks.ts';

/** 1 and 0.5 in f16, little-endian. */
const ONE = [0x00, 0x3c];
const HALF = [0x00, 0x38];
const byPlace = (value: (place: number) => number) => Array.from({ length: 32 }, (_, i) => value(i));

describe('a block', () => {
  it('of Q4_0 has the low halves first, less 8, times the scale', () => {
    const halves = Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4));
    assert.deepEqual(
      [...BLOCK_FORMATS.Q4_0.unpack(Uint8Array.from([...HALF, ...halves]))],
      byPlace((i) => (i < 16 ? 0.5 * (i - 8) : 0.5 * (15 - (i - 16) - 8))),
    );
  });

  it('of Q4_1 has a least value in place of the 8', () => {
    const halves = new Array(16).fill(0xf1);
    assert.deepEqual(
      [...BLOCK_FORMATS.Q4_1.unpack(Uint8Array.from([...HALF, ...ONE, ...halves]))],
      byPlace((i) => (i < 16 ? 1.5 : 8.5)),
    );
  });

  it('of Q8_0 has whole numbers times the scale', () => {
    const numbers = byPlace((i) => (i - 16) & 255);
    assert.deepEqual(
      [...BLOCK_FORMATS.Q8_0.unpack(Uint8Array.from([...ONE, ...ONE, ...numbers]).subarray(2))],
      byPlace((i) => i - 16),
    );
  });
});

describe('packing', () => {
  it('to Q8_0 scales by the largest, and rounds halves away from zero', () => {
    const values = Float32Array.from(
      byPlace((i) => (i === 0 ? 127 : i === 1 ? 2.5 : i === 2 ? -2.5 : i / 100)),
    );
    const packed = pack(values, 'Q8_0');
    assert.deepEqual([...packed.slice(0, 6)], [...ONE, 127, 3, 253, 0]);
    assert.equal(packed.length, 34);
  });

  it('to Q8_0 leaves zeros zeros', () => {
    assert.deepEqual([...pack(new Float32Array(32), 'Q8_0')], new Array(34).fill(0));
  });

  it('to the others writes what unpacking gives back', () => {
    const values = Float32Array.from([0, 1, -0.5, 1024, 2 ** -14]);
    for (const format of ['F32', 'F16', 'BF16'] as const)
      assert.deepEqual(BLOCK_FORMATS[format].unpack(pack(values, format)), values);
  });
});
