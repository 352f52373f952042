import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  lengthControlledWinRateOfFile,
  winRateOfFile,
} from '../../../../../activities/evaluate/winrate/winrate-file.ts';

describe('a file of annotations', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-annotations-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const written = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const sevenTimes = <Item>(items: Item[]) => Array.from({ length: 7 }, () => items).flat();
  const rows = sevenTimes([2, 2, 1, null, 2, 2, 1.5]).map((preference) => ({
    instruction: 'Name a colour.',
    output_1: 'Red',
    output_2: 'Blue it is',
    generator_1: 'b',
    generator_2: 'm',
    preference,
  }));
  const annotationsOf = (given: typeof rows) => written('annotations.json', JSON.stringify(given));

  it('has the win rate of output_2, without what was not annotated', async () => {
    const found = await winRateOfFile(await annotationsOf(rows));
    const { n, unjudged, wins, losses, ties, winRate } = found;
    assert.deepEqual([n, unjudged, wins, losses, ties, winRate], [42, 7, 28, 7, 7, 75]);
  });

  it('has a length-controlled one by the side files that are given', async () => {
    const difficulty = await written('difficulty.csv', `i,d\n${rows.map((_, i) => `${i},0.5\n`).join('')}`);
    const found = await lengthControlledWinRateOfFile(await annotationsOf(rows), 'length_controlled_noreg', {
      gamedBaselines: null,
      instructionDifficulty: difficulty,
    });
    assert.equal(found.control, 'length_controlled_noreg');
    assert.ok(found.winRate > 50 && found.winRate < 80, `${found.winRate}`);
    const gamed = rows.map((_, i) => `${i},1,0.5,0.5\n`).join('');
    const gamedBaselines = await written(
      'gamed.csv',
      `index,preference,std_delta_len,instruction_difficulty\n${gamed}`,
    );
    const other = await lengthControlledWinRateOfFile(await annotationsOf(rows), 'length_controlled_v1', {
      gamedBaselines,
      instructionDifficulty: null,
    });
    assert.ok(other.coefficients.length > 0, `${other.coefficients.length}`);
  });

  it('must come with the side files that the control needs, and the message says which', async () => {
    const annotations = await annotationsOf(rows);
    const none = { gamedBaselines: null, instructionDifficulty: null };
    await assert.rejects(lengthControlledWinRateOfFile(annotations, 'length_controlled_v1', none), {
      code: 'InvalidInput',
      message: /df_gamed\.csv.*--gamed-baselines/,
    });
    await assert.rejects(lengthControlledWinRateOfFile(annotations, 'length_controlled_noreg', none), {
      message: /instruction_difficulty\.csv.*--instruction-difficulty/,
    });
    const short = await written('short.csv', 'i,d\n0,0.5\n');
    await assert.rejects(
      lengthControlledWinRateOfFile(annotations, 'length_controlled_noreg', {
        ...none,
        instructionDifficulty: short,
      }),
      { message: /no difficulty for instruction 1/ },
    );
  });
});
