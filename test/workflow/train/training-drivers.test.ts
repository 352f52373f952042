import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { createTokenizeActivities } from '../../../activities/tokenize/activities.ts';
import { createTrainActivities } from '../../../activities/train/activities.ts';
import { train as trainCommand } from '../../../workers/command/steps/train.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { writeSmallModel } from '../../small-model.ts';
import type { Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

/** 20 rows: 2 are held out, and an epoch has 3 steps. */
const rows = Array.from({ length: 20 }, (_, row) => ({
  instruction: `Add ${row} and ${row + 1}.`,
  input: '',
  output: `The sum is ${2 * row + 1}.`,
}));
const settings = { epochs: 2, globalBatch: 6, microBatch: 3, shardsPerEpoch: 1, warmupRatio: 0 };
/** A loss that was measured once is never undercut by so much. */
const neverBetter = { minimumImprovement: 100, patience: 1, exportBest: true };

interface Outcome {
  model: string;
  checkpoint: string;
  steps: number;
  best: TrainResult['best'];
  stoppedEarly: string | null;
  loss: { before: number | null; after: number | null };
}

describe('the two drivers of a training, the workflow and alpaca train', () => {
  let harness: Harness;
  let folder: string;
  let base: string;
  before(async () => {
    harness = await sharedHarness();
    folder = await mkdtemp(join(tmpdir(), 'alpaca-drivers-'));
    base = await writeSmallModel(join(folder, 'base'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function dataOf(count: number): Promise<string> {
    const path = join(folder, `${count}-rows.json`);
    await writeFile(path, JSON.stringify(rows.slice(0, count)));
    return path;
  }

  async function byWorkflow(name: string, data: string, change: object): Promise<Outcome> {
    const store = createLocalStore({ root: join(folder, name, 'workflow'), importFolders: [data, base] });
    const real = { ...createTokenizeActivities({ store }), ...createTrainActivities({ store }) };
    const results: TrainResult[] = [];
    await harness.withWorker(real, async (start) => {
      const handle = await start('train', { ...settings, ...change, data, model: base });
      results.push((await handle.result()) as TrainResult);
    });
    const [result] = results;
    assert.ok(result);
    const { model, checkpoint, steps, best, stoppedEarly, loss } = result;
    return { model: model.sha256, checkpoint: checkpoint.uri, steps, best, stoppedEarly, loss };
  }

  async function byCommand(name: string, data: string, change: object): Promise<Outcome> {
    process.env.ALPACA_STATE = join(folder, name, 'command');
    const results: (Outcome & { modelDigest: string })[] = [];
    const terminal = {
      ...{ json: true, verbose: false, say() {} },
      result: (value: unknown) => void results.push(value as Outcome & { modelDigest: string }),
    };
    const options = { ...settings, ...change, data, model: base, out: join(folder, name, 'out') };
    await trainCommand(options, terminal, new AbortController().signal);
    const [result] = results;
    assert.ok(result);
    const { modelDigest: model, checkpoint, steps, best, stoppedEarly, loss } = result;
    return { model, checkpoint, steps, best, stoppedEarly, loss };
  }

  /** @returns what both came to */
  async function byBoth(name: string, change: object): Promise<Outcome> {
    const data = await dataOf(20);
    const outcome = await byWorkflow(name, data, change);
    assert.deepEqual(await byCommand(name, data, change), outcome);
    return outcome;
  }

  it('come to one result with one worker', async () => {
    const { steps, best, stoppedEarly } = await byBoth('one-worker', {});
    assert.deepEqual([steps, best, stoppedEarly], [6, null, null]);
  });

  it('stop early after the same step, and export the same best checkpoint', async () => {
    const { steps, best, checkpoint, stoppedEarly } = await byBoth('stopped', {
      ...neverBetter,
      evaluateEverySteps: 1,
    });
    assert.deepEqual([steps, best?.step, best?.checkpoint.uri], [2, 1, checkpoint]);
    assert.match(
      stoppedEarly ?? '',
      /^held-out loss has not fallen by more than 100 below \d+\.\d{4} of step 1 /,
    );
  });

  it('come to one result with rounds of two workers, and stop early after the same round', async () => {
    const { steps, best, checkpoint } = await byBoth('rounds', {
      ...neverBetter,
      ...{ workers: 2, roundSteps: 1, outer: 'nesterov', outerMomentum: 0.3, evaluateEverySteps: 2 },
    });
    assert.deepEqual([steps, best?.step, best?.checkpoint.uri], [4, 2, checkpoint]);
  });

  it('measure on a file of its own, and then learn all of the run’s rows', async () => {
    const [data, heldOutData] = [await dataOf(1), await dataOf(2)];
    const { steps, loss } = await byCommand('held-out-data', data, { heldOutData });
    assert.deepEqual([steps, loss.before === null, loss.after === null], [2, false, false]);
  });

  it('differ in one thing: without held-out rows the workflow, whose result has losses, refuses', async () => {
    const data = await dataOf(1);
    const { steps, loss } = await byCommand('none-held-out', data, {});
    assert.deepEqual([steps, loss], [2, { before: null, after: null }]);
    await assert.rejects(
      byWorkflow('none-held-out', data, {}),
      ({ cause }: Error) =>
        cause instanceof ApplicationFailure &&
        cause.type === 'InvalidInput' &&
        /There is no loss to measure: the 0 rows have no target/.test(cause.message),
    );
  });
});
