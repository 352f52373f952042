import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ADAMW_DEFAULTS, AdamW } from '../../../../activities/model/adamw.ts';
import { parseAdapterConfig } from '../../../../activities/model/adapter/adapter-config.ts';
import {
  applyAdapter,
  readAdapter,
  replaceMatrices,
  writeAdapter,
} from '../../../../activities/model/adapter/folder.ts';
import {
  adapterShapes,
  type LoraConfig,
  rankOf,
  scaleOf,
} from '../../../../activities/model/adapter/lora.ts';
import { mergeAdapter } from '../../../../activities/model/adapter/merge.ts';
import { assembleBatch } from '../../../../activities/model/batch.ts';
import type { Example } from '../../../../activities/model/example.ts';
import { EMBEDDING, HEAD } from '../../../../activities/model/folder/config.ts';
import { readModel } from '../../../../activities/model/folder/folder.ts';
import { readTensors, type Weight } from '../../../../activities/model/folder/safetensors.ts';
import { free, scope, toFloats, toNumber } from '../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../activities/model/llama/gradients.ts';
import { Llama, logitsAt } from '../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../activities/model/llama/traced-pass.ts';
import { PhiloxStream } from '../../../../activities/philox.ts';
import { missingFromPython, PYTHON } from '../../../python.ts';
import { relativeDifference } from './tiny-model.ts';

const passes = new TracedPasses();

const run = promisify(execFile);
const missing = await missingFromPython('torch', 'transformers', 'peft');

/** What PEFT and PyTorch compute, by test/fixtures/adapter/make_fixture.py. */
const FIXTURES = fileURLToPath(new URL('../../../fixtures/adapter/', import.meta.url));
const BASES = fileURLToPath(new URL('../../../fixtures/model/', import.meta.url));

interface Reference {
  base: string;
  rows: number[][];
  active: number[][];
  merged: number[][];
}
const reference: Record<string, Reference> = await readJson('reference.json');

describe('a folder that PEFT wrote', () => {
  for (const [name, { base, rows, active, merged }] of Object.entries(reference)) {
    it(`gives PEFT's logits within 1e-4, active and merged: ${name}`, async () => {
      const model = await readModel(`${BASES}${base}`);
      const adapter = await readAdapter(`${FIXTURES}${name}`);
      const { config, weights } = replaceMatrices(model, adapter);
      const both = new Map([...weights, ...adapter.weights]);
      assertClose(lastLogits(new Llama(config, both, 'float32', adapter.lora), rows), active);
      const applied = applyAdapter(model, adapter);
      assertClose(lastLogits(new Llama(applied.config, applied.weights, 'float32'), rows), merged);
    });
  }

  it('is refused by the name of an option that this model does not compute', async () => {
    const config = { peft_type: 'LORA', r: 8, lora_alpha: 16 };
    for (const [option, value] of [
      ['use_dora', true],
      ['bias', 'all'],
      ['rank_pattern', { '.*_proj': 4 }],
      ['alpha_pattern', { 'q_proj|v_proj': 4 }],
      ['layers_to_transform', [0]],
      ['modules_to_save', ['score']],
      ['peft_type', 'IA3'],
    ] as const) {
      assert.throws(() => parseAdapterConfig({ ...config, [option]: value }, 'adapter_config.json'), {
        code: 'InvalidInput',
        message: new RegExp(`^adapter_config\\.json: ${option} .*is .*, which is not supported`),
      });
    }
    assert.deepEqual(parseAdapterConfig({ ...config, rank_pattern: {}, use_dora: false }, ''), {
      rank: 8,
      alpha: 16,
      dropout: 0,
      savedModules: [],
    });
  });
});

describe('an adapter’s patterns', () => {
  it('are of the layers whose names end so, or are so behind a ^, and the first goes', () => {
    const ranks = { 'layers.1.self_attn.q_proj': 6, q_proj: 5, '^model.layers.0.mlp.up_proj': 4 };
    const rank = (layer: string) => rankOf({ rank: 8, ranks }, `model.layers.${layer}`);
    assert.deepEqual(
      ['1.self_attn.q_proj', '0.self_attn.q_proj', '0.mlp.up_proj', '1.mlp.up_proj', '11.mlp.up_proj'].map(
        rank,
      ),
      [6, 5, 4, 8, 8],
    );
    assert.equal(rankOf({ rank: 8, ranks }, 'base.model.layers.0.mlp.up_proj'), 8);
  });

  it('give the scale with the rank, or with its root', () => {
    const lora = { rank: 16, alpha: 8, ranks: { q_proj: 4 }, alphas: { v_proj: 32 } };
    const scales = (rankStabilized: boolean) =>
      ['q_proj', 'k_proj', 'v_proj'].map((name) => scaleOf({ ...lora, rankStabilized }, `x.${name}`));
    assert.deepEqual(scales(false), [2, 0.5, 2]);
    assert.deepEqual(scales(true), [4, 2, 8]);
  });
});

describe('an adapter’s init_lora_weights', () => {
  const read = (init_lora_weights: unknown) =>
    parseAdapterConfig({ peft_type: 'LORA', r: 8, lora_alpha: 16, init_lora_weights }, 'adapter_config.json');

  // Which they are was seen by saving and opening each in PEFT 0.21.2; corda, loftq and lora_ga are read from its source.
  for (const beginning of [
    ...['pissa', 'pissa_niter_4', 'olora', 'OLoRA', 'corda', 'loftq', 'lora_ga', 'of-next-year'],
  ])
    it(`is refused where it changes the base: ${beginning}`, () => {
      assert.throws(() => read(beginning), {
        code: 'InvalidInput',
        message: new RegExp(
          `^adapter_config\\.json: init_lora_weights is "${beginning}", which changes the base\\.`,
        ),
        remedy: /path_initial_model_for_weight_conversion.*merge_and_unload/,
      });
    });

  for (const beginning of [true, false, null, 'gaussian', 'eva', 'orthogonal', 'mica'])
    it(`is nothing to go by where the base stays as it is: ${beginning}`, () => {
      assert.equal(read(beginning).rank, 8);
    });
});

describe('whole matrices on a tied base', () => {
  const WHOLE = { shape: [48, 16], data: new Float32Array(768).fill(0.5) };
  const replacedBy = async (replaced: [string, Weight][], savedModules: string[]) => {
    const base = await readModel(`${BASES}llama-tied`);
    const { config, weights } = replaceMatrices(base, { replaced: new Map(replaced), savedModules });
    const old = base.weights.get(EMBEDDING);
    const named = (weight?: Weight) => (weight === old ? 'old' : weight === WHOLE ? 'new' : weight);
    return [config.tieEmbeddings, named(weights.get(EMBEDDING)), named(weights.get(HEAD))];
  };

  it('are the embedding alone where it is of modules_to_save: the head keeps the old one', async () => {
    assert.deepEqual(await replacedBy([[EMBEDDING, WHOLE]], ['embed_tokens']), [false, 'new', 'old']);
    assert.deepEqual(await replacedBy([[HEAD, WHOLE]], ['lm_head']), [false, 'old', 'new']);
  });

  it('are both where they are written over the base’s, or are equal', async () => {
    assert.deepEqual(await replacedBy([[EMBEDDING, WHOLE]], []), [true, 'new', undefined]);
    const both: [string, Weight][] = [
      [EMBEDDING, WHOLE],
      [HEAD, { ...WHOLE, data: WHOLE.data.slice() }],
    ];
    assert.deepEqual(await replacedBy(both, ['embed_tokens', 'lm_head']), [true, 'new', undefined]);
  });

  it('are refused where the one that stays is of another size', async () => {
    const longer = { shape: [49, 16], data: new Float32Array(784) };
    await assert.rejects(replacedBy([[EMBEDDING, longer]], ['embed_tokens']), {
      code: 'InvalidInput',
      message: /^With the adapter's modules_to_save the embedding is \[49, 16\] and the head \[48, 16\]/,
    });
  });
});

describe('a folder that we wrote', () => {
  const every: LoraConfig['targets'] = [
    'k_proj',
    'q_proj',
    'v_proj',
    'o_proj',
    'gate_proj',
    'up_proj',
    'down_proj',
  ];
  const variants: [string, string, LoraConfig][] = [
    [
      'the recipe’s adapter',
      'llama',
      { rank: 8, alpha: 16, dropout: 0.05, targets: ['q_proj', 'v_proj'], trainedTokens: [] },
    ],
    [
      'rows of added tokens',
      'llama',
      { rank: 2, alpha: 3, dropout: 0, targets: every, trainedTokens: [46, 47] },
    ],
    [
      'rows of added tokens, a tied head',
      'llama-tied',
      { rank: 2, alpha: 3, dropout: 0, targets: every, trainedTokens: [47] },
    ],
    [
      'ranks and alphas of single layers, rank-stabilized',
      'qwen3',
      {
        ...{ rank: 4, alpha: 3, dropout: 0, targets: every, trainedTokens: [] },
        ...{ rankStabilized: true, ranks: { down_proj: 2, 'layers.0.self_attn.q_proj': 6 } },
        alphas: { q_proj: 5 },
      },
    ],
  ];
  const rows = [
    [4, 47, 9, 30, 46],
    [7, 12],
  ];
  for (const [name, base, lora] of variants) {
    it(`comes back as it was: ${name}`, async (test) => {
      const written = await writtenAdapter(test, base, lora);
      const applied = applyAdapter(written.model, await readAdapter(written.path));
      const expected = mergeAdapter(written.model.config, written.model.weights, written.weights, lora);
      assert.equal(applied.config.tieEmbeddings, written.model.config.tieEmbeddings);
      assert.deepEqual(new Map([...applied.weights].sort()), new Map([...expected].sort()));
    });

    it(`opens in PEFT with equal logits: ${name}`, { skip: missing }, async (test) => {
      const { model, weights, path } = await writtenAdapter(test, base, lora);
      const script = `${FIXTURES}open_adapter.py`;
      const { stdout } = await run(PYTHON, [script, `${BASES}${base}`, path, JSON.stringify(rows)]);
      const { active, merged }: Reference = JSON.parse(stdout);
      const both = new Map([...model.weights, ...weights]);
      const ours = lastLogits(new Llama(model.config, both, 'float32', lora), rows);
      assertClose(ours, active);
      assertClose(ours, merged);
    });
  }
});

interface Curve {
  rows: { inputIds: number[]; labels: number[] }[];
  rank: number;
  alpha: number;
  learningRate: number;
  clipNorm: number;
  weightDecay: number;
  steps: { rows: number[]; loss: number; gradientNorm: number }[];
}

describe('20 steps of LoRA against PEFT and torch.optim.AdamW', () => {
  it('follow the same gradients, losses and norms to the same adapter', async () => {
    const curve: Curve = await readJson('curve.json');
    const { rank, alpha, learningRate, clipNorm, weightDecay } = curve;
    const { config, weights: base } = await readModel(`${BASES}llama`);
    const tensors = new Map<string, Weight>();
    for await (const { name, ...weight } of readTensors(`${FIXTURES}curve.safetensors`))
      tensors.set(name, weight);
    const part = (prefix: string) =>
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, weight]) => [name.slice(prefix.length), weight] as const);

    const lora: LoraConfig = {
      rank,
      alpha,
      dropout: 0,
      targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
      trainedTokens: [],
    };
    const model = new Llama(config, new Map([...base, ...part('before.')]), 'float32', lora);
    const optimizer = new AdamW(model.parameters, { ...ADAMW_DEFAULTS, weightDecay, clipNorm }, null);
    for (const [step, expected] of curve.steps.entries()) {
      const batch = assembleBatch(expected.rows.flatMap((row) => curve.rows[row] ?? []).map(toExample));
      const read = model.parameters.read('float32');
      const gradients = new Gradients();
      const lossSum = passes.lossAndGradients(model, read, batch, gradients);
      read.free();
      if (step === 0) {
        for (const [name, { data }] of part('gradient.')) {
          const mean = toFloats(gradients.get(name)).map((value) => value / batch.targets.length);
          const difference = relativeDifference(mean, data);
          assert.ok(difference <= 1e-5, `the gradient of ${name} differs by ${difference}`);
        }
      }
      const norm = optimizer.update(gradients, batch.targets.length, step + 1, learningRate);
      const loss = toNumber(lossSum) / batch.targets.length;
      assert.ok(Math.abs(loss - expected.loss) <= 1e-3, `step ${step}: ${loss}, not ${expected.loss}`);
      assert.ok(Math.abs(toNumber(norm) / expected.gradientNorm - 1) <= 1e-3, `the norm at step ${step}`);
      gradients.free();
      free(lossSum, norm);
    }
    const trained = model.parameters.toWeights();
    assert.deepEqual(
      [...trained.keys()].sort(),
      part('after.')
        .map(([name]) => name)
        .sort(),
    );
    for (const [name, { data }] of part('after.')) {
      const difference = relativeDifference(trained.get(name)?.data ?? new Float32Array(), data);
      assert.ok(difference <= 1e-3, `${name} differs by ${difference}`);
    }
    model.destroy();
  });
});

async function writtenAdapter(test: TestContext, base: string, lora: LoraConfig) {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-adapter-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  const from = `${BASES}${base}`;
  const model = await readModel(from);
  const stream = new PhiloxStream(5, 'adapter', 0);
  const weights = new Map<string, Weight>();
  for (const [name, shape] of adapterShapes(model.config, lora)) {
    const length = shape.reduce((product, size) => product * size, 1);
    weights.set(name, { shape, data: Float32Array.from({ length }, () => 0.2 * stream.nextNormal()) });
  }
  const path = join(folder, 'adapter');
  await writeAdapter(path, { config: model.config, lora, weights, base: model.weights, from });
  return { model, weights, path };
}

/** The logits of the last token of each row. */
function lastLogits(model: Llama, rows: readonly number[][]): number[][] {
  const batch = assembleBatch(
    rows.map((ids) => ({ inputIds: Int32Array.from(ids), labels: new Int32Array(ids.length + 1) })),
  );
  const last = Int32Array.from(rows, (ids, row) => (ids.length - 1) * rows.length + row);
  const read = model.parameters.read('float32');
  const logits = scope(() => toFloats(logitsAt(model, read, batch, last)));
  read.free();
  model.destroy();
  const { vocabSize } = model.config;
  return rows.map((_, row) => [...logits.subarray(row * vocabSize, (row + 1) * vocabSize)]);
}

function assertClose(actual: number[][], expected: number[][]): void {
  assert.equal(actual.flat().length, expected.flat().length);
  for (const [i, value] of actual.flat().entries())
    assert.ok(Math.abs(value - (expected.flat()[i] ?? Number.NaN)) <= 1e-4, `logit ${i}: ${value}`);
}

function toExample({ inputIds, labels }: { inputIds: number[]; labels: number[] }): Example {
  return { inputIds: Int32Array.from(inputIds), labels: Int32Array.from(labels) };
}

async function readJson<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(`${FIXTURES}${name}`, 'utf8'));
}
