import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fromBfloat16,
  fromFloat16,
  toBfloat16,
  toFloat16,
} from '../../../../../activities/model/folder/floats.ts';
import fc from '../../../../property.ts';

/** An f32 by its bits. */
const float = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
const narrowed = (bits: number) => toBfloat16(Float32Array.of(float(bits)))[0];

describe('narrowing to bf16', () => {
  it('rounds to the nearest, and ties to the even pattern', () => {
    assert.equal(narrowed(0x3f800000), 0x3f80); // 1 is exact
    assert.equal(narrowed(0x3f807fff), 0x3f80); // just below half: down
    assert.equal(narrowed(0x3f808000), 0x3f80); // a tie beside an even pattern: down
    assert.equal(narrowed(0x3f808001), 0x3f81); // just above half: up
    assert.equal(narrowed(0x3f818000), 0x3f82); // a tie beside an odd pattern: up
    assert.equal(narrowed(0xbf818000), 0xbf82); // the same below zero
  });

  it('keeps zeros, infinities and NaN, and overflows to infinity', () => {
    assert.equal(narrowed(0x80000000), 0x8000);
    assert.equal(narrowed(0xff800000), 0xff80);
    assert.equal(narrowed(0x7f7fffff), 0x7f80);
    assert.equal(narrowed(0x7f800001), 0x7fc0);
  });

  it('changes nothing that is bf16 already', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (bits) => {
        const wide = fromBfloat16(Uint16Array.of(bits));
        fc.pre(!Number.isNaN(wide[0]));
        assert.equal(toBfloat16(wide)[0], bits);
      }),
    );
  });
});

describe('narrowing to f16', () => {
  const half = (value: number) => toFloat16(Float32Array.of(value))[0];

  it('rounds to the nearest, and ties to the even pattern', () => {
    assert.equal(half(1), 0x3c00);
    assert.equal(half(1 + 2 ** -11), 0x3c00); // a tie beside an even pattern: down
    assert.equal(half(1 + 3 * 2 ** -11), 0x3c02); // a tie beside an odd pattern: up
    assert.equal(half(-(2 - 2 ** -12)), 0xc000); // up to the next power of two
    assert.equal(half(2 ** -24), 0x0001); // the smallest
    assert.equal(half(2 ** -25), 0x0000);
    assert.equal(half(2 ** -14 - 2 ** -26), 0x0400); // up from the subnormal ones
  });

  it('keeps zeros, infinities and NaN, and overflows to infinity', () => {
    assert.deepEqual([half(0), half(-0)], [0, 0x8000]);
    assert.deepEqual([half(65_519), half(65_520), half(-1e30)], [0x7bff, 0x7c00, 0xfc00]);
    assert.equal(half(Number.NaN), 0x7e00);
  });

  it('changes nothing that is f16 already', () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7fff) <= 0x7c00,
    );
    assert.deepEqual(toFloat16(fromFloat16(all)), all);
  });
});

describe('widening f16', () => {
  it('gives the value of each pattern', () => {
    const bits = [0x3c00, 0xc100, 0x0400, 0x0001, 0x7bff, 0xfc00, 0x8000, 0x3555];
    assert.deepEqual(
      [...fromFloat16(Uint16Array.from(bits))],
      [1, -2.5, 2 ** -14, 2 ** -24, 65504, -Infinity, -0, 0.333251953125],
    );
    assert.ok(Number.isNaN(fromFloat16(Uint16Array.of(0x7e00))[0]));
  });
});
