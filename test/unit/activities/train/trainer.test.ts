import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NumberedExample } from '../../../../activities/model/example.ts';
import { liveTensors } from '../../../../activities/model/kernels/tensor.ts';
import { identityOf } from '../../../../activities/train/checkpoint/identity.ts';
import type { StepMetrics } from '../../../../activities/train/metrics.ts';
import { planBatches } from '../../../../activities/train/plan/plan.ts';
import {
  differenceWhenRepeated,
  type StepGradients,
} from '../../../../activities/train/process/repeatability.ts';
import { Trainer } from '../../../../activities/train/trainer.ts';
import type { TrainingSettings } from '../../../../workflows/contracts/train-activities.ts';
import { raggedExamples, randomWeights, tinyConfig } from '../model/tiny-model.ts';
import { PARTS } from './tiny-training.ts';
import { settings } from './training-settings.ts';

const alike = { inputIds: Int32Array.of(5, 9, 13, 2), labels: Int32Array.of(-100, 9, 13, 2) };
const rows: NumberedExample[] = raggedExamples(tinyConfig.vocabSize, [9, 14, 31, 6, 12, 22, 7, 18], 9).map(
  (example, index) => ({ row: 500 + index, ...example }),
);

describe('the trainer', () => {
  it('averages over the targets of the global batch, however many micro-batches it is cut into', () => {
    const whole = run({ microBatch: 8, globalBatch: 8 }, rows, 3);
    const cut = run({ microBatch: 1, globalBatch: 8 }, rows, 3);
    for (const [step, { loss, gradientNorm, targets }] of whole.entries()) {
      assert.ok(Math.abs(loss - (cut[step]?.loss ?? 0)) < 1e-5);
      assert.ok(Math.abs(gradientNorm - (cut[step]?.gradientNorm ?? 0)) < 1e-5);
      assert.equal(targets, cut[step]?.targets);
    }
  });

  it('learns the same from packed rows, and with activation checkpointing, as without', () => {
    const change = { microBatch: 2, globalBatch: 8, learningRate: 1e-2 };
    const plain = lossesOf(run(change, rows, 4));
    const packed = lossesOf(run({ ...change, packing: true }, rows, 4));
    for (const [step, loss] of plain.entries()) assert.ok(Math.abs(loss - (packed[step] ?? 0)) < 1e-5);
    assert.notEqual(plain[0], plain[3]);
    assert.deepEqual(lossesOf(run({ ...change, activationCheckpointing: true }, rows, 4)), plain);
  });

  it('averages the micro-batches’ means instead where it is told to, as the original does', () => {
    const change = { microBatch: 3, globalBatch: 8 };
    const [averaged] = run({ ...change, lossReduction: 'micro-batch-mean' }, rows, 1);
    const [whole] = run(change, rows, 1);
    // The longest first: three rows, three, and two. A run's first loss is of the base model.
    const means = [
      [502, 505, 507],
      [501, 504, 500],
      [506, 503],
    ].map((ids) => {
      const chosen = rows.filter(({ row }) => ids.includes(row));
      return run({ microBatch: 3, globalBatch: 3 }, chosen, 1)[0]?.loss ?? Number.NaN;
    });
    const expected = means.reduce((sum, mean) => sum + mean, 0) / 3;
    assert.ok(Math.abs((averaged?.loss ?? 0) - expected) < 1e-5, `${averaged?.loss}, not ${expected}`);
    assert.ok(Math.abs((whole?.loss ?? 0) - expected) > 1e-3, 'which is not the mean over all targets');
    assert.notEqual(averaged?.gradientNorm, whole?.gradientNorm);
  });

  it('makes no difference between the two means where micro-batches are equal', () => {
    const equal = rows.slice(0, 4).map(({ row }) => ({ row, ...alike }));
    const change = { microBatch: 1, globalBatch: 4 };
    const [averaged] = run({ ...change, lossReduction: 'micro-batch-mean' }, equal, 1);
    const [whole] = run(change, equal, 1);
    assert.ok(Math.abs((averaged?.gradientNorm ?? 0) - (whole?.gradientNorm ?? 1)) < 1e-5);
  });

  it('trains with a z-loss where it has a coefficient', () => {
    const change = { globalBatch: 8, microBatch: 8, learningRate: 1e-2 };
    const plain = run(change, rows, 5);
    assert.deepEqual(lossesOf(run({ ...change, zLoss: 0 }, rows, 5)), lossesOf(plain));
    assert.notDeepEqual(lossesOf(run({ ...change, zLoss: 0.1 }, rows, 5)), lossesOf(plain));
  });

  it('learns in bf16 as in f32', () => {
    const change = { epochs: 30, learningRate: 1e-2, globalBatch: 8, microBatch: 8 };
    const [single, half] = (['f32', 'bf16'] as const).map((precision) =>
      run({ ...change, precision }, rows, 30).map(({ loss }) => loss),
    );
    const [first = 0, last = 0] = [single?.at(0), single?.at(-1)];
    assert.ok(last < 0.7 * first, `${first} -> ${last}`);
    assert.ok(Math.abs((half?.at(-1) ?? 0) - last) < 0.1 * first);
  });

  it('makes its first update at learning rate 0', () => {
    const [first, second] = run({ globalBatch: 8, microBatch: 8 }, rows, 2);
    assert.equal(first?.learningRate, 0);
    assert.ok((second?.learningRate ?? 0) > 0);
  });

  it('refuses a batch without a target by its row ids, before the first step', () => {
    const masked = rows.map((row) => ({ ...row, labels: row.labels.map(() => -100) }));
    const mixed = [...rows.slice(0, 4), ...masked.slice(4)];
    assert.throws(() => run({ globalBatch: 1, microBatch: 1 }, mixed, 1), {
      code: 'InvalidInput',
      message: /Step \d+ has nothing to learn: every label of the rows 50[4-7] is masked/,
    });
  });

  it('refuses a row that the model cannot take, by its id', () => {
    const foreign = rows.map((row) =>
      row.row === 503 ? { ...row, inputIds: row.inputIds.map(() => 37) } : row,
    );
    assert.throws(() => run({}, foreign, 1), {
      code: 'InvalidInput',
      message: /Row 503 has the token id 37/,
    });
  });

  it('gives the gradients of the step to come, the same bits each time, and goes on as if it had not', () => {
    const norms: number[] = [];
    const change = { globalBatch: 8, microBatch: 3, clipNorm: null };
    const asked = run(change, rows, 3, (trainer) => {
      assert.equal(
        differenceWhenRepeated(() => trainer.gradients()),
        0,
      );
      norms.push(normOf(trainer.gradients()));
    });
    assert.deepEqual(lossesOf(asked), lossesOf(run(change, rows, 3)));
    const targets = asked[1]?.targets ?? 0;
    assert.ok(Math.abs((norms[0] ?? 0) / targets - (asked[1]?.gradientNorm ?? 0)) < 1e-5);
  });

  it('holds the same number of tensors after every epoch', () => {
    const counts: number[] = [];
    run({ globalBatch: 4, microBatch: 2, epochs: 40 }, rows, 80, () => counts.push(liveTensors()));
    // Shapes of batches recur, and each leaves its constants once.
    assert.equal(counts.at(-1), counts.at(40), counts.join(' '));
  });
});

function run(
  change: Partial<TrainingSettings>,
  rows: NumberedExample[],
  steps: number,
  afterStep = (_: Trainer) => {},
) {
  const all = { ...settings, ...change };
  const { runSeed, epochs, globalBatch, microBatch, shardsPerEpoch } = {
    ...all,
    epochs: Math.max(all.epochs, steps),
  };
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const packedLength = all.packing ? all.packedLength : null;
  const plan = planBatches({
    seed: runSeed,
    lengths,
    epochs,
    globalBatch,
    microBatch,
    shardsPerEpoch,
    packedLength,
  });
  const trainer = new Trainer({
    model: { config: tinyConfig, weights: randomWeights(tinyConfig, 1) },
    rows,
    plan,
    settings: all,
    identity: identityOf(all, { model: 'm', tokens: 't', plan: plan.digest, parts: PARTS }),
    lora: null,
    checkpoint: null,
  });
  const metrics = Array.from({ length: steps }, () => {
    const step = trainer.runStep();
    afterStep(trainer);
    return step;
  });
  trainer.destroy();
  return metrics;
}

function normOf(gradients: StepGradients): number {
  return Math.sqrt(
    [...gradients.values()].flatMap((values) => [...values]).reduce((sum, x) => sum + x * x, 0),
  );
}

function lossesOf(steps: readonly StepMetrics[]): number[] {
  return steps.map(({ loss }) => loss);
}
