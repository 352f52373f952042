import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decode,
  type Encoding,
  encode,
  encodedBytes,
} from '../../../../../activities/train/round/encoding.ts';
import fc from '../../../../property.ts';

const through = (values: number[], encoding: Encoding) => [
  ...decode(encode(Float32Array.from(values), encoding), encoding, values.length),
];

describe('what differences are handed over in', () => {
  it('takes 4, 2 and 1.016 bytes a value', () => {
    const million = (encoding: Encoding) => encodedBytes(1 << 20, encoding) / (1 << 20);
    assert.deepEqual([million('f32'), million('bf16'), million('int8')], [4, 2, 1.015625]);
    assert.equal(encodedBytes(257, 'int8'), 257 + 8, 'a block that is not full has a scale too');
  });

  it('keeps f32 to the bit, and rounds to bf16', () => {
    assert.deepEqual(through([1.1, -0, 3e-39], 'f32'), [...Float32Array.of(1.1, -0, 3e-39)]);
    assert.deepEqual(through([1.1, -2, 0.0001], 'bf16'), [1.1015625, -2, 0.00010013580322265625]);
  });

  it('has int8 in steps of a 127th of the largest of 256 neighbours', () => {
    assert.deepEqual(through([127, -127, 1.4, -1.6, 0], 'int8'), [127, -127, 1, -2, 0]);
    const neighbours = Array.from({ length: 257 }, (_, i) => (i === 0 ? 1270 : 1));
    assert.deepEqual(through(neighbours, 'int8').slice(-2), [0, 1], 'the 257th has a block of its own');
    assert.deepEqual(through([0, 0], 'int8'), [0, 0]);
    assert.deepEqual(through([1e-44, 0], 'int8'), [0, 0], 'what has no scale is nothing');
  });

  it('is off by at most half a step of int8, whatever is encoded', () => {
    const value = fc.float({
      noNaN: true,
      noDefaultInfinity: true,
      min: Math.fround(-1e30),
      max: Math.fround(1e30),
    });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
        const decoded = through(values, 'int8');
        for (let start = 0; start < values.length; start += 256) {
          const block = values.slice(start, start + 256);
          const step = Math.max(...block.map(Math.abs)) / 127;
          for (const [i, wanted] of block.entries()) {
            const off = Math.abs((decoded[start + i] ?? Number.NaN) - wanted);
            assert.ok(off <= step * 0.5001 + 1e-43, `${wanted} is off by ${off} of ${step}`);
          }
        }
      }),
    );
  });
});
