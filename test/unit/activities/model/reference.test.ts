import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADAMW_DEFAULTS, AdamW } from '../../../../activities/model/adamw.ts';
import { assembleBatch, assemblePacked, type Batch } from '../../../../activities/model/batch.ts';
import { decode } from '../../../../activities/model/decode.ts';
import type { Example } from '../../../../activities/model/example.ts';
import { readModel } from '../../../../activities/model/folder/folder.ts';
import { readTensors } from '../../../../activities/model/folder/safetensors.ts';
import { free, scope, toFloats, toNumber } from '../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../activities/model/llama/gradients.ts';
import { Llama, logitsAt, targetLosses } from '../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../activities/model/llama/traced-pass.ts';
import { learningRateAt } from '../../../../activities/train/plan/schedule.ts';
import { relativeDifference } from './tiny-model.ts';

const passes = new TracedPasses();

/** What `transformers` and PyTorch compute, by test/fixtures/model/make_fixture.py. */
const FIXTURES = fileURLToPath(new URL('../../../fixtures/model/', import.meta.url));

interface ReferenceRow {
  inputIds: number[];
  labels: number[];
  logits: number[];
  lossSum: number;
  targets: number;
  greedy: number[];
}
const reference: Record<string, ReferenceRow[]> = await readJson('reference.json');

describe('agreement with transformers', () => {
  for (const [variant, rows] of Object.entries(reference)) {
    it(`has the same logits, losses and greedy continuations: ${variant}`, async () => {
      const { config, weights } = await readModel(`${FIXTURES}${variant}`);
      const model = new Llama(config, weights, 'float32');
      const read = model.parameters.read('float32');
      const batch = assembleBatch(rows.map(toExample));

      const last = Int32Array.from(rows, ({ inputIds }, row) => (inputIds.length - 1) * rows.length + row);
      const whole = assembleBatch(
        rows.map((row) => ({ ...toExample(row), labels: new Int32Array(row.inputIds.length + 1) })),
      );
      const logits = scope(() => toFloats(logitsAt(model, read, whole, last)));
      const expected = rows.flatMap((row) => row.logits);
      for (const [i, value] of logits.entries())
        assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) <= 1e-4);

      const sums = rows.map(() => 0);
      for (const [i, loss] of targetLosses(model, read, batch).entries()) {
        const row = batch.targetRows[i] ?? 0;
        sums[row] = (sums[row] ?? 0) + loss;
      }
      for (const [row, { lossSum, targets }] of rows.entries()) {
        assert.ok(Math.abs((sums[row] ?? Number.NaN) - lossSum) / targets <= 1e-5);
      }

      const prompts = rows.map(({ inputIds }, index) => ({ index, ids: inputIds }));
      const greedy: number[][] = rows.map(() => []);
      const options = { maxNewTokens: 8, temperature: 0, topP: 1, topK: null, stopIds: [], seed: 0 };
      for (const { prompt, id } of decode(model, prompts, options)) greedy[prompt]?.push(id);
      assert.deepEqual(
        greedy,
        rows.map((row) => row.greedy),
      );
      read.free();
      model.destroy();
    });

    it(`has the same gradients to 1e-5, also where rows are packed: ${variant}`, async () => {
      const { config, weights } = await readModel(`${FIXTURES}${variant}`);
      const model = new Llama(config, weights, 'float32');
      const examples = rows.map(toExample);
      const packed = [examples.slice(0, 2), examples.slice(2)];
      for (const batch of [assembleBatch(examples), assemblePacked(packed)])
        await assertGradients(model, batch, `${FIXTURES}gradients/${variant}.safetensors`);
      model.destroy();
    });
  }
});

async function assertGradients(model: Llama, batch: Batch, path: string): Promise<void> {
  const read = model.parameters.read('float32');
  const gradients = new Gradients();
  free(passes.lossAndGradients(model, read, batch, gradients));
  const names = new Set(gradients.names());
  for await (const { name, data } of readTensors(path)) {
    const difference = relativeDifference(toFloats(gradients.get(name)), data);
    assert.ok(difference <= 1e-5, `the gradient of ${name} differs by ${difference}`);
    names.delete(name);
  }
  assert.deepEqual([...names], []);
  read.free();
  gradients.free();
}

interface Curve {
  rows: { inputIds: number[]; labels: number[] }[];
  peakLearningRate: number;
  warmupRatio: number;
  weightDecay: number;
  clipNorm: number;
  steps: { microBatches: number[][]; learningRate: number; loss: number; gradientNorm: number }[];
}

describe('50 steps against torch.optim.AdamW', () => {
  it('follow the same schedule, losses and gradient norms to the same weights', async () => {
    const curve: Curve = await readJson('curve.json');
    const { config, weights } = await readModel(`${FIXTURES}llama`);
    const model = new Llama(config, weights, 'float32');
    const { weightDecay, clipNorm } = curve;
    const optimizer = new AdamW(model.parameters, { ...ADAMW_DEFAULTS, weightDecay, clipNorm }, null);
    const schedule = {
      schedule: 'cosine',
      learningRate: curve.peakLearningRate,
      warmupRatio: curve.warmupRatio,
    } as const;

    for (const [step, expected] of curve.steps.entries()) {
      const rate = learningRateAt(step, curve.steps.length, schedule);
      assert.ok(Math.abs(rate - expected.learningRate) < 1e-12, `the learning rate of step ${step}`);
      const batches = expected.microBatches.map((rows) =>
        assembleBatch(rows.flatMap((row) => curve.rows[row] ?? []).map(toExample)),
      );
      const targets = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
      const read = model.parameters.read('float32');
      const gradients = new Gradients();
      const sums = batches.map((batch) => passes.lossAndGradients(model, read, batch, gradients));
      read.free();
      const norm = optimizer.update(gradients, targets, step + 1, rate);
      const loss = sums.reduce((sum, tensor) => sum + toNumber(tensor), 0) / targets;
      assert.ok(Math.abs(loss - expected.loss) <= 1e-3, `step ${step}: ${loss}, not ${expected.loss}`);
      assert.ok(Math.abs(toNumber(norm) / expected.gradientNorm - 1) <= 1e-3, `the norm at step ${step}`);
      assert.ok(expected.gradientNorm > clipNorm, 'clipping is active');
      gradients.free();
      free(sums, norm);
    }

    const trained = model.parameters.toWeights();
    for await (const { name, data } of readTensors(`${FIXTURES}final.safetensors`)) {
      const difference = relativeDifference(trained.get(name)?.data ?? new Float32Array(), data);
      assert.ok(difference <= 1e-3, `${name} differs by ${difference}`);
    }
  });
});

function toExample({ inputIds, labels }: { inputIds: number[]; labels: number[] }): Example {
  return { inputIds: Int32Array.from(inputIds), labels: Int32Array.from(labels) };
}

async function readJson<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(`${FIXTURES}${name}`, 'utf8'));
}
