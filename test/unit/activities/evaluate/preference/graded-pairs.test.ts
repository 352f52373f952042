import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { preferencePairsOf } from '../../../../../activities/evaluate/preference/preference-pairs.ts';

describe('chosen and rejected answers of graded rows', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-graded-pairs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Rows by instruction, output and grade, at their places. */
  const pairsOf = async (...rows: [instruction: string, output: string, grade: number | null][]) => {
    const path = join(folder, 'graded.jsonl');
    const lines = rows.map(([instruction, output, grade], row) => ({
      ...{ instruction, input: '', output, row },
      graded: { judge: 'offline', grade, reason: 'So it is.' },
    }));
    await writeFile(path, toJsonLines(lines));
    return preferencePairsOf(path, 'my-filter', 'plain');
  };
  const texts = ({ rows }: Awaited<ReturnType<typeof pairsOf>>) =>
    rows.map(({ chosen, rejected }) => [chosen, rejected]);

  it('are those of one prompt whose grades differ by 2 or more, in the recipe’s template', async () => {
    const { rows, counts } = await pairsOf(
      ['Add 2 and 3.', '6', 1],
      ['Add 2 and 4.', '6', 5],
      ['Add 2 and 3.', '5', 5],
    );
    assert.deepEqual(rows, [
      {
        prompt:
          'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
          '### Instruction:\nAdd 2 and 3.\n\n### Response:',
        ...{ chosen: '5', rejected: '6' },
        provenance: {
          ...{ source: 'my-filter', row: 2, rejectedRow: 0, annotator: 'offline' },
          grades: { chosen: 5, rejected: 1 },
        },
      },
    ]);
    assert.deepEqual(counts, { pairs: 1, ties: 0, disagreements: 0, unjudged: 0 });
  });

  it('are none where grades lie closer, outputs are the same, or a row has no grade; these are counted', async () => {
    const close = await pairsOf(['Q', 'good', 4], ['Q', 'fair', 3], ['Q', 'good', 1], ['Q', 'odd', null]);
    assert.deepEqual([close.rows, close.counts], [[], { pairs: 0, ties: 1, disagreements: 0, unjudged: 1 }]);
    assert.deepEqual((await pairsOf(['Q', 'a', null], ['Q', 'b', null])).rows, []);
  });

  it('set the best answer, the first of several, over each that is worse', async () => {
    const found = await pairsOf(['Q', 'a', 2], ['Q', 'b', 5], ['Q', 'c', 5], ['Q', 'd', 3], ['Q', 'e', 4]);
    assert.deepEqual(texts(found), [
      ['b', 'a'],
      ['b', 'd'],
    ]);
  });

  it('name a row that was not graded', async () => {
    const path = join(folder, 'mixed.jsonl');
    const graded = { instruction: 'Q', input: '', output: 'a', row: 0, graded: { judge: 'x', grade: 6 } };
    const right = { ...graded, graded: { judge: 'x', grade: 5 } };
    await writeFile(path, toJsonLines([right, graded]));
    await assert.rejects(preferencePairsOf(path, 'mixed.jsonl', 'plain'), {
      ...{ code: 'InvalidInput', message: /mixed\.jsonl, line 2: graded\.grade/ },
    });
  });
});
