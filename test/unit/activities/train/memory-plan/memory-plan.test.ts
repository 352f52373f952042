import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LlamaConfig } from '../../../../../activities/model/folder/config.ts';
import { checkFits, memoryJobOf } from '../../../../../activities/train/memory-plan/fit.ts';
import {
  type MemoryJob,
  planMemory,
  totalOf,
} from '../../../../../activities/train/memory-plan/memory-plan.ts';
import { memoryTable } from '../../../../../activities/train/memory-plan/table.ts';
import { planBatches } from '../../../../../activities/train/plan/plan.ts';
import { raggedExamples, tinyConfig } from '../../model/tiny-model.ts';

const PARAMETERS = 4 * 16 * 16 + 2 * 3 * 16 * 24 + 2 * 2 * 8 * 16 + 2 * 2 * 16 + 16 + 2 * 37 * 16;
const lora = { rank: 2, alpha: 4, dropout: 0.1, targets: ['q_proj' as const], trainedTokens: [] };
const full: MemoryJob = {
  config: tinyConfig,
  lora: null,
  precision: 'f32',
  activationCheckpointing: false,
  microBatch: { rows: 2, length: 32, targets: 40, packed: false },
  accumulates: false,
};

describe('the plan of memory', () => {
  it('counts the weights once, the gradients once and the optimizer twice where all is trained in f32', () => {
    const { parts } = planMemory(full);
    assert.equal(totalOf(parts, 'weights'), 4 * PARAMETERS);
    assert.equal(totalOf(parts, 'gradients'), 4 * PARAMETERS);
    assert.equal(totalOf(parts, 'optimizer'), 8 * PARAMETERS);
    assert.deepEqual(
      parts.map(({ name }) => name),
      ['embedding', 'layer 0', 'layer 1', 'norm and head'],
    );
  });

  it('counts a layer’s saved tensors one by one', () => {
    const tokens = 64;
    const norms = 2 * (tokens * 16 + tokens);
    const inputs = 2 * tokens * 16;
    const queriesMerged = 2 * tokens * 16;
    const keysValues = 2 * tokens * 8;
    const probabilities = 2 * 4 * 32 * 32;
    const feedForward = 5 * tokens * 24;
    const values = norms + inputs + queriesMerged + keysValues + probabilities + feedForward;
    assert.equal(planMemory(full).parts[1]?.activations, 4 * values);
  });

  it('counts what norms of queries and keys save, in f32', () => {
    const of = (config: Partial<LlamaConfig>) =>
      planMemory({ ...full, config: { ...tinyConfig, ...config } }).parts[1]?.activations ?? 0;
    assert.equal(of({ queryKeyNorm: 'head' }) - of({}), 4 * 64 * (24 + 6));
    assert.equal(of({ queryKeyNorm: 'all' }) - of({}), 4 * 64 * (24 + 2));
  });

  it('counts the scores within a layer’s window alone, by steps of 32 keys', () => {
    const config = { ...tinyConfig, window: { tokens: 40, layers: [1] } };
    const { parts } = planMemory({ ...full, config, microBatch: { ...full.microBatch, length: 256 } });
    const [, whole, windowed] = parts.map(({ activations }) => activations);
    // The second 128 queries see keys from 128 - 39 on, which is in the step that begins at 64.
    assert.equal((whole ?? 0) - (windowed ?? 0), 4 * (2 * 4 * 128 * 64));
  });

  it('has an adapter’s rank by layer', () => {
    const of = (ranks: Record<string, number>) =>
      planMemory({ ...full, lora: { ...lora, ranks } }).parts.map(({ activations }) => activations);
    const [, first = 0, second = 0] = of({});
    const [, before = 0, after = 0] = of({ 'layers.1.self_attn.q_proj': 6 });
    assert.deepEqual([before - first, after - second], [0, 4 * 64 * 4]);
  });

  it('has frozen matrices in bf16 with no gradient and no moments', () => {
    const { parts } = planMemory({ ...full, lora, precision: 'bf16' });
    const norms = 5 * 16;
    const adapter = 2 * (2 * 16 + 16 * 2);
    assert.equal(totalOf(parts, 'weights'), 2 * (PARAMETERS - norms) + 4 * norms + 6 * adapter);
    assert.equal(totalOf(parts, 'gradients'), 4 * adapter);
    assert.equal(totalOf(parts, 'optimizer'), 8 * adapter);
  });

  it('keeps one residual stream a layer with activation checkpointing', () => {
    const { parts } = planMemory({ ...full, activationCheckpointing: true });
    assert.equal(parts[1]?.activations, 4 * 64 * 16);
  });

  it('is larger where gradients wait through the forward passes of a step’s micro-batches', () => {
    const accumulating = planMemory({ ...full, accumulates: true });
    assert.ok(accumulating.device > planMemory(full).device);
    assert.ok(accumulating.onCpu > planMemory(full).onCpu);
  });

  it('leaves the inputs of frozen layers out on a CPU, where a pass is a graph', () => {
    const training = { ...full, microBatch: { ...full.microBatch, rows: 64, length: 16, targets: 1 } };
    const needed = (...targets: ('q_proj' | 'down_proj')[]) =>
      planMemory({ ...training, lora: { ...lora, targets } }).onCpu;
    const inputs = 2 * 64 * 16 * full.config.intermediateSize * 4;
    assert.ok(needed('q_proj', 'down_proj') - needed('q_proj') > inputs);
  });

  it('is printed part by part', () => {
    const table = memoryTable(planMemory(full));
    assert.match(table, /^\| part \| weights \| gradients \| optimizer \| activations \|\n/);
    assert.match(table, /\n\| layer 1 \|/);
    assert.match(table, /The most on the device is/);
  });
});

describe('the job of a run', () => {
  const rows = raggedExamples(tinyConfig.vocabSize, [20, 40, 6, 9], 1);
  const settings = { precision: 'f32', activationCheckpointing: false } as const;
  const options = { seed: 1, lengths: [20, 40, 6, 9], epochs: 1, globalBatch: 4, shardsPerEpoch: 1 };

  it('has the largest of the plan’s micro-batches, as it is padded', () => {
    const plan = planBatches({ ...options, microBatch: 2 });
    const { microBatch, accumulates } = memoryJobOf({ config: tinyConfig, lora: null, settings, plan, rows });
    assert.deepEqual([microBatch.rows, microBatch.length, microBatch.packed], [2, 48, false]);
    assert.equal(accumulates, true);
  });

  it('knows packed rows', () => {
    const plan = planBatches({ ...options, microBatch: 4, packedLength: 48 });
    const { microBatch } = memoryJobOf({ config: tinyConfig, lora: null, settings, plan, rows });
    assert.deepEqual([microBatch.rows, microBatch.length, microBatch.packed], [2, 48, true]);
  });
});

describe('a training that is too large', () => {
  const large: MemoryJob = {
    ...full,
    microBatch: { rows: 64, length: 512, targets: 64 * 512, packed: false },
  };
  const MiB = 2 ** 20;
  const needed = planMemory(large);
  const cpu = (hostBytes: number) => ({ kind: 'cpu', gpuBytes: null, hostBytes }) as const;

  it('is refused with what it needs and the options that make it fit', () => {
    const short = cpu(needed.onCpu - MiB);
    assert.throws(() => checkFits(large, short), {
      code: 'InvalidInput',
      message:
        /needs 0\.\d\d GiB of the machine’s memory, and there are 0\.\d\d GiB\. It would fit with any of: activationCheckpointing; precision bf16; microBatch 1; .*maxLength 256/,
    });
    checkFits(large, cpu(needed.onCpu));
  });

  it('names only what is enough', () => {
    const one = planMemory({ ...large, microBatch: { ...large.microBatch, rows: 1, targets: 512 } });
    assert.throws(
      () => checkFits(large, cpu(one.onCpu + 2 * MiB)),
      (error: Error) => {
        assert.match(error.message, /any of: microBatch 1;/);
        assert.doesNotMatch(error.message, /any of: activationCheckpointing/);
        return true;
      },
    );
  });

  it('says so where nothing is enough', () => {
    assert.throws(() => checkFits(large, cpu(MiB)), /take a smaller model or a larger machine/);
  });

  it('is held against the GPU’s memory where there is one', () => {
    const gpu = { kind: 'gpu', gpuBytes: needed.device - 1, hostBytes: 2 ** 40 } as const;
    assert.throws(() => checkFits(large, gpu), /of the GPU’s memory/);
    checkFits(large, { ...gpu, gpuBytes: needed.device });
  });
});
