import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastWords } from '../../../../activities/process/last-words.ts';

const TENSORFLOW = [
  '2026-11-28 10:00:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized to use available CPU instructions in performance-critical operations.',
  'To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.',
  '2026-11-28 10:00:00.223456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on. You may see slightly different numerical results due to floating-point round-off errors from different computation orders.',
  'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
  'I0000 00:00:1764324000.123456   12345 gpu_device.cc:2020] Created device',
];

describe('what a dead process said last', () => {
  it('is without what TensorFlow says of itself', () => {
    const failure = '2026-11-28 10:00:01.000000: F tensorflow/core/framework/tensor.cc:852] Check failed';
    const warning = '2026-11-28 10:00:00.900000: W tensorflow/core/framework/op_kernel.cc:1857] OOM';
    assert.equal(lastWords([...TENSORFLOW, warning, '', failure, ''].join('\n')), `${warning}\n${failure}`);
    assert.equal(lastWords(TENSORFLOW.join('\n')), '');
  });

  it('is twelve lines at the most', () => {
    const lines = Array.from({ length: 20 }, (_, line) => `line ${line}`);
    assert.equal(lastWords(lines.join('\n')).split('\n')[0], 'line 8');
  });
});
