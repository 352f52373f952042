import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { crc32c, encodeEventFile, maskedChecksum } from '../../../../activities/train/event-file.ts';
import { toEventFile } from '../../../../activities/train/metrics.ts';
import { METRICS } from '../../../fixtures/train/metrics.ts';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/train/${name}`, import.meta.url));

describe('an event file', () => {
  it('is what TensorBoard read: read_events.py wrote down every value that it found', () => {
    assert.deepEqual(Buffer.from(toEventFile(METRICS)), fixture('events.out.tfevents.alpaca'));
    const { fileVersion, scalars } = JSON.parse(fixture('read-by-tensorboard.json').toString('utf8'));
    assert.equal(fileVersion, 2);
    const column = (value: (metrics: (typeof METRICS)[number]) => number | null) =>
      METRICS.flatMap((metrics) => {
        const found = value(metrics);
        return found === null ? [] : [[metrics.endedAt, metrics.step, Math.fround(found)]];
      });
    assert.deepEqual(scalars, {
      'held_out/loss': column(({ heldOutLoss }) => heldOutLoss),
      'train/epoch': column(({ epoch }) => epoch),
      'train/gradient_norm': column(({ gradientNorm }) => gradientNorm),
      'train/learning_rate': column(({ learningRate }) => learningRate),
      'train/loss': column(({ loss }) => loss),
      'train/memory_bytes': column(({ memoryBytes }) => memoryBytes),
      'train/tokens_per_second': column(({ tokensPerSecond }) => tokensPerSecond),
    });
  });

  it('begins with its version, framed with both checksums', () => {
    assert.equal(
      Buffer.from(encodeEventFile([])).toString('hex'),
      // length 24; checksum; wall_time 0.0; file_version "brain.Event:2"; checksum
      '1800000000000000a37f4b22' + '0900000000000000001a0d627261696e2e4576656e743a32' + 'eedf28a3',
    );
  });

  it('has the checksums of RFC 3720, appendix B.4', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e);
    assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
    assert.equal(maskedChecksum(new TextEncoder().encode('123456789')), 0xc78ab0e5);
  });
});
