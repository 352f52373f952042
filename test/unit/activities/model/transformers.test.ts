import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assembleBatch } from '../../../../activities/model/batch.ts';
import { readModel } from '../../../../activities/model/folder/folder.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import { scope, toFloats } from '../../../../activities/model/kernels/tensor.ts';
import { Llama, logitsAt } from '../../../../activities/model/llama/model.ts';
import { missingFromPython, PYTHON } from '../../../python.ts';

const run = promisify(execFile);
const FIXTURES = fileURLToPath(new URL('../../../fixtures/model/', import.meta.url));
const VARIANTS = [
  ...['llama', 'llama-tied', 'llama-biases', 'llama-linear', 'llama-dynamic', 'llama-llama3', 'llama-3.2'],
  ...['mistral', 'mistral-window', 'qwen2', 'qwen3', 'qwen3-window', 'smollm3', 'smollm3-window'],
  ...['granite', 'olmo2'],
];
const ROWS = [
  [4, 47, 9, 30, 46, 3, 3, 21],
  [7, 12],
];
const missing = await missingFromPython('torch', 'transformers');

describe('folders that we wrote', () => {
  it('open in transformers with our logits within 1e-4, in f32 and bf16, for every variant', {
    skip: missing,
  }, async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-transformers-'));
    test.after(() => rm(folder, { recursive: true, force: true }));
    const written: string[] = [];
    for (const variant of VARIANTS) {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const path = join(folder, `${variant}-${dtype}`);
        const model = await trained(`${FIXTURES}${variant}`);
        await writeModel(path, { ...model, from: `${FIXTURES}${variant}`, dtype });
        written.push(path);
      }
    }
    const script = `${FIXTURES}open_folders.py`;
    const { stdout } = await run(PYTHON, [script, JSON.stringify(ROWS), ...written]);
    const theirs: number[][][] = JSON.parse(stdout);
    assert.equal(theirs.length, 2 * VARIANTS.length);
    for (const [i, path] of written.entries()) {
      const expected = theirs[i]?.flat() ?? [];
      const ours = await lastLogits(path);
      assert.equal(ours.length, expected.length);
      const difference = Math.max(
        ...ours.map((value, place) => Math.abs(value - (expected[place] ?? Number.NaN))),
      );
      assert.ok(difference <= 1e-4, `${path}: the logits differ by ${difference}`);
    }
  });
});

/** Weights that are not those of the folder any more, so that only what is written can give their logits. */
async function trained(path: string) {
  const { config, weights } = await readModel(path);
  for (const { data } of weights.values()) for (const [i, value] of data.entries()) data[i] = 1.25 * value;
  return { config, weights };
}

/** Of each row's last token, f32, one row after the other. */
async function lastLogits(path: string): Promise<number[]> {
  const { config, weights } = await readModel(path);
  const model = new Llama(config, weights, 'float32');
  const read = model.parameters.read('float32');
  const batch = assembleBatch(
    ROWS.map((ids) => ({ inputIds: Int32Array.from(ids), labels: new Int32Array(ids.length + 1) })),
  );
  const last = Int32Array.from(ROWS, (ids, row) => (ids.length - 1) * ROWS.length + row);
  const logits = scope(() => [...toFloats(logitsAt(model, read, batch, last))]);
  read.free();
  model.destroy();
  return logits;
}
