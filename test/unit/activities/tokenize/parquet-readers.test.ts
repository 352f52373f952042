import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { missingFromPython, PYTHON } from '../../../python.ts';
import { writeTokens } from './write-tokens.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../fixtures/tokenize/open_parquet.py', import.meta.url));
const missing = await missingFromPython('pandas', 'pyarrow', 'datasets');

describe('tokens as other tools read them', () => {
  it('are the same in pandas and in datasets', { skip: missing }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parquet-readers-'));
    try {
      const path = join(folder, 'train.parquet');
      await writeTokens(path, [
        { row: 0, inputIds: Int32Array.of(1, 31_999, 2), labels: Int32Array.of(-100, 31_999, 2) },
        { row: 4, inputIds: Int32Array.of(1), labels: Int32Array.of(-100) },
      ]);
      const rows = [
        { row: 0, input_ids: [1, 31_999, 2], labels: [-100, 31_999, 2] },
        { row: 4, input_ids: [1], labels: [-100] },
      ];
      const { stdout } = await run(PYTHON, [SCRIPT, path]);
      assert.deepEqual(JSON.parse(stdout), {
        pandas: rows,
        datasets: rows,
        features: {
          row: "Value('int32')",
          input_ids: "List(Value('int32'))",
          labels: "List(Value('int32'))",
        },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
