import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Attempt, unwatched } from '../../../../../activities/attempt.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import { marked } from '../../../../../activities/process/program.ts';
import { tokenizeRows } from '../../../../../activities/tokenize/tokenize-rows.ts';
import { checkEngine } from '../../../../../activities/train/check-engine.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { exportModel } from '../../../../../activities/train/export-model.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import { markOf, NO_PROGRAMS } from '../../../../../activities/train/torchrun/torchrun.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import { tokenizeInput } from '../../../../../workflows/contracts/tokenize.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { shardInput, type Training, tinyTraining, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

const STAND_IN = fileURLToPath(new URL('./stand-in-child.ts', import.meta.url));

/** 10 steps of 4 rows, saved after every third; the real programs are too heavy for a test. */
const byAxolotl: TrainingSettings = { ...settings, engine: 'command', command: 'axolotl' };

describe('a training by a command', () => {
  it('hands over tokens, tells its steps, and gives back its model: axolotl', async (test) => {
    const training = await withCommand(test, 'axolotl', 'axolotl');
    const input = await shardInput(training, byAxolotl, 'run');
    const reports: StepProgress[] = [];
    const { checkpoint, step, loss } = await trainShard(input, training, watched(reports), 1);
    assert.deepEqual([step, Number(loss.toFixed(2))], [10, 2.45]);
    const steps = reports.filter(({ figures }) => figures).map(({ done }) => done);
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(reports.at(-1)?.note, 'checkpoint saved');

    const { model } = await exportModel({ run: 'run', model: input.model, checkpoint, steps: 10 }, training);
    const { weights } = await readModel(await training.store.open(model));
    assert.deepEqual(weights, (await readModel(await training.store.open(input.model))).weights);
  });

  it('hands over texts: llama-factory', async (test) => {
    const training = await withCommand(test, 'llamafactory-cli', 'llama-factory');
    const { store } = training;
    const data = join(store.root, 'rows.json');
    const rows = Array.from({ length: 20 }, (_, row) => ({
      instruction: `Say ${row}.`,
      input: '',
      output: `${row}`,
    }));
    await writeFile(data, JSON.stringify(rows));
    const taken = await store.take('rows', data, { madeBy: 'test', rows: 20 });
    const tokenized = await tokenizeRows(
      tokenizeInput.parse({ data: taken, heldOut: 0 }),
      { store },
      unwatched,
    );
    const input = await shardInput(
      { ...training, ...tokenized },
      { ...byAxolotl, command: 'llama-factory' },
      'run',
    );
    const { step } = await trainShard(input, training, unwatched, 1);
    assert.equal(step, 10);
  });

  it('that is stopped goes on from its own checkpoint, and leaves no process', async (test) => {
    const training = await withCommand(test, 'axolotl', 'axolotl', 'STAND_IN_HANGS_AT=8');
    const input = await shardInput(training, byAxolotl, 'run');
    const stopping = stoppedAt('checkpoint saved', 2);
    await assert.rejects(trainShard(input, training, stopping, 1), { message: 'the worker stops' });

    await withCommand(test, 'axolotl', 'axolotl', '', training);
    const reports: StepProgress[] = [];
    const { step, checkpoint } = await trainShard(input, training, watched(reports), 2);
    assert.deepEqual([reports[0]?.done, step], [6, 10]);
    const { identity } = await readState(await training.store.open(checkpoint));
    assert.deepEqual(await marked(markOf({ run: 'run', identity })), []);
  });

  it('whose recipe is unknown, or whose program is not there, says so', async (test) => {
    const training = await tinyTraining(test);
    const unknown = await shardInput(training, { ...byAxolotl, command: 'no-such' }, 'run');
    await assert.rejects(trainShard(unknown, training, unwatched, 1), {
      code: 'InvalidInput',
      message: /^The GPU worker knows no command no-such\. /,
    });
    const folder = join(training.store.root, 'commands');
    await mkdir(folder);
    await writeFile(
      join(folder, 'absent.yaml'),
      'command: [no-such-program-here]\nrows: tokens\nfiles: {}\n',
    );
    const absent = await shardInput(training, { ...byAxolotl, command: 'absent' }, 'run');
    const programs = { ...NO_PROGRAMS, commands: folder };
    const expected = { code: 'Configuration', message: /no-such-program-here is not installed/ };
    await assert.rejects(trainShard(absent, { ...training, programs }, unwatched, 1), expected);
    await assert.rejects(checkEngine(absent.settings, programs, unwatched), expected);
  });
});

/** A program of that name, first on the PATH, that stands for another. */
async function withCommand(
  test: TestContext,
  program: string,
  as: string,
  variable = '',
  given?: Training,
): Promise<Training> {
  const training = given ?? (await tinyTraining(test));
  const folder = join(training.store.root, 'bin');
  await mkdir(folder, { recursive: true });
  const script = join(folder, program);
  await writeFile(script, `#!/bin/sh\n${variable} exec '${process.execPath}' '${STAND_IN}' ${as} "$@"\n`);
  await chmod(script, 0o755);
  const path = process.env.PATH ?? '';
  process.env.PATH = `${folder}${delimiter}${path}`;
  test.after(() => {
    process.env.PATH = path;
  });
  return training;
}

/** An attempt whose worker stops when a note has come so many times. */
function stoppedAt(note: string, times: number): Attempt {
  const worker = new AbortController();
  let seen = 0;
  return {
    signal: worker.signal,
    report(progress) {
      if (progress.note === note) seen += 1;
      if (seen === times) worker.abort(new Error('the worker stops'));
    },
  };
}
