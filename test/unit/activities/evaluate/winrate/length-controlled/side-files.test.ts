import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  readGamedBaselines,
  readInstructionDifficulty,
} from '../../../../../../activities/evaluate/winrate/length-controlled/side-files.ts';

describe('side files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-side-files-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const written = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  it('are read by their columns, with others between them', async () => {
    const path = await written(
      'gamed.csv',
      'model,index,preference,std_delta_len,instruction_difficulty,not_gamed_baseline\n' +
        '"baseline, asked to be wordy",0,0.25,-1.5,0.7,False\r\nbrief,1,,2,-0.1,False\n',
    );
    assert.deepEqual(await readGamedBaselines(path), [
      { index: 0, share: 0.25, lengthDifference: -1.5, difficulty: 0.7 },
      { index: 1, share: null, lengthDifference: 2, difficulty: -0.1 },
    ]);
    const difficulty = await written('difficulty.csv', ',instruction_difficulty\n0,0.7\n1,-0.1\n');
    assert.deepEqual(
      [...(await readInstructionDifficulty(difficulty))],
      [
        [0, 0.7],
        [1, -0.1],
      ],
    );
  });

  it('are read as spreadsheets write them: a mark of byte order, quotes, spaces, empty lines', async () => {
    const path = await written(
      'gamed.csv',
      '\uFEFF"instruction_difficulty", index ,"a ""b"", c",std_delta_len,preference\r\n' +
        '"0.5",7,"d ""e"", f", 1.5 ,"1"\r\n\r\n0.25,8,,-1,\r\n',
    );
    assert.deepEqual(await readGamedBaselines(path), [
      { index: 7, share: 1, lengthDifference: 1.5, difficulty: 0.5 },
      { index: 8, share: null, lengthDifference: -1, difficulty: 0.25 },
    ]);
  });

  it('are refused with a line that has no end, however it is quoted', { timeout: 20_000 }, async () => {
    const path = join(folder, 'quotes.csv');
    await writeFile(path, `index,difficulty\n0,1\n${'",'.repeat(1e6)}`);
    await assert.rejects(readInstructionDifficulty(path), {
      code: 'InvalidInput',
      message: /line 3 has 2000000 characters/,
    });
  });

  it('are refused with the column or line that is wrong', async () => {
    await assert.rejects(readGamedBaselines(await written('a.csv', 'index,preference\n0,1\n')), {
      code: 'InvalidInput',
      message: /no column std_delta_len/,
    });
    await assert.rejects(readInstructionDifficulty(await written('b.csv', 'i,d\n0,0.5\n1,high\n')), {
      message: /line 3 has "high" where a number is expected/,
    });
    await assert.rejects(readInstructionDifficulty(await written('c.csv', 'i,d\n0\n')), {
      message: /line 2 has "" where a number is expected/,
    });
    await assert.rejects(readInstructionDifficulty(await written('c.csv', 'i,d\n0,\n')), {
      message: /line 2 has "" where a number is expected/,
    });
    for (const nothing of ['', 'i,d\n'])
      await assert.rejects(readInstructionDifficulty(await written('d.csv', nothing)), {
        code: 'InvalidInput',
        message: /it has no rows/,
      });
    await assert.rejects(readInstructionDifficulty(join(folder, 'none.csv')), { code: 'NotFound' });
  });
});
