import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { readState } from '../../../../../activities/train/checkpoint/checkpoint.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { trainShard } from '../../../../../activities/train/shard.ts';
import type { StepProgress } from '../../../../../workflows/contracts/progress.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { shardInput, tinyTraining, trainAll, watched } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

describe('going on from the checkpoint of another run', () => {
  it('is refused under changed settings, allowed by name, and says what changed', async (test) => {
    const training = await tinyTraining(test);
    const { model, tokens, addedTokens, store } = training;
    const short = await trainAll(training, { ...settings, epochs: 1 }, 'short');
    const longer = (allowChanged: TrainingSettings['allowChanged']): TrainingSettings => ({
      ...settings,
      continueFrom: short.uri,
      allowChanged,
    });
    const { start } = await planTraining({ settings: longer([]), model, tokens, addedTokens }, training);
    assert.deepEqual(start, { checkpoint: short, step: 5 });

    const work = async (allowed: TrainingSettings['allowChanged'], run: string) => ({
      ...(await shardInput(training, longer(allowed), run)),
      checkpoint: short,
    });
    await assert.rejects(trainShard(await work(['settings'], 'refused'), training, unwatched, 1), {
      code: 'InvalidInput',
      message: /is of another training: plan was [0-9a-f]{64} and is .*allowChanged plan\.$/,
    });

    const reports: StepProgress[] = [];
    const result = await trainShard(
      await work(['settings', 'plan'], 'gone-on'),
      training,
      watched(reports),
      1,
    );
    assert.deepEqual([reports[0]?.done, result.step], [5, 10]);
    assert.match(reports[0]?.note ?? '', /although changed: plan was .*; epochs was 1 and is 2$/);
    const state = await readState(await store.open(result.checkpoint));
    assert.equal(state.tokens, 2 * (await readState(await store.open(short))).tokens);
  });

  it('is refused where that leaves nothing to do', async (test) => {
    const training = await tinyTraining(test);
    const { model, tokens, addedTokens } = training;
    const whole = await trainAll(training, settings, 'whole');
    const again = { ...settings, continueFrom: whole.uri };
    await assert.rejects(planTraining({ settings: again, model, tokens, addedTokens }, training), {
      code: 'InvalidInput',
      message: /was made after 10 steps, and this training has 10\. Train for more epochs/,
    });
  });

  it('goes on where the checkpoint is of another machine, and says so', async (test) => {
    const training = await tinyTraining(test);
    const { store } = training;
    const straight = await trainAll(training, settings, 'straight');
    const half = await trainShard(
      { ...(await shardInput(training, settings, 'half')), toStep: 5 },
      training,
      unwatched,
      1,
    );
    const moved = join(store.root, 'moved');
    await cp(await store.open(half.checkpoint), moved, { recursive: true });
    const state = JSON.parse(await readFile(join(moved, 'state.json'), 'utf8'));
    state.madeOn.instructionSet = 'sse4_1';
    await writeFile(join(moved, 'state.json'), JSON.stringify(state));
    const checkpoint = await store.take('checkpoint', moved, { madeBy: 'test' });

    const reports: StepProgress[] = [];
    const input = { ...(await shardInput(training, settings, 'moved')), fromStep: 5, checkpoint };
    const result = await trainShard(input, training, watched(reports), 1);
    assert.match(
      reports[0]?.note ?? '',
      /^loaded, gone on from a checkpoint of another machine \(instructionSet was sse4_1 and is /,
    );
    // This machine is the same all the same, and so are the bits.
    assert.equal(result.checkpoint.sha256, straight.sha256);
  });
});
