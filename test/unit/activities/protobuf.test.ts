import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesField, integerField, textField } from '../../../activities/protobuf.ts';

/** The bytes are those of https://protobuf.dev/programming-guides/encoding. */
describe('a field of a protocol buffer', () => {
  it('is its number and its value, seven bits a byte', () => {
    assert.deepEqual([...integerField(1, 150)], [0x08, 0x96, 0x01]);
    assert.deepEqual([...integerField(2, -2)], [0x10, 0xfe, ...Array(8).fill(0xff), 0x01]);
  });

  it('has a longer number from 16 on', () => {
    assert.deepEqual([...integerField(19, 1)], [0x98, 0x01, 0x01]);
  });

  it('is text or a message, with its length before it', () => {
    assert.deepEqual([...textField(2, 'testing')], [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
    assert.deepEqual([...bytesField(3, integerField(1, 150))], [0x1a, 0x03, 0x08, 0x96, 0x01]);
  });
});
