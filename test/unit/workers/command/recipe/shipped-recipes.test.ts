import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { RECIPES } from '../../../../../workers/command/recipe/layers.ts';
import { buildRunInput } from '../../../../../workers/command/run/run-input.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';

/** ../shared/recipe.md has the published figures: sections 2 to 6. */
describe('the recipes of this package', () => {
  it('are the files of seeds/recipes', async () => {
    const files = await readdir(new URL('../../../../../seeds/recipes/', import.meta.url));
    assert.deepEqual(files.sort(), RECIPES.map((name) => `${name}.yaml`).sort());
  });

  it('alpaca-7b has the published hyperparameters', async () => {
    const { generate, dedupe, tokenize, train, evaluate, budgetUsd, runSeed } = await buildRunInput({
      recipe: 'alpaca-7b',
    });
    assert.deepEqual([runSeed, budgetUsd, generate.teacher, generate.target], [42, 500, 'openai', 52_002]);
    const { seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt } = generate;
    assert.deepEqual([seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt], [3, 5, 20]);
    assert.deepEqual([generate.temperature, generate.topP, generate.maxTokens], [1, 1, 3072]);
    assert.deepEqual([dedupe.threshold, dedupe.tokenization], [0.7, 'rouge']);
    assert.deepEqual([tokenize.maxLength, tokenize.trainOnPrompt], [512, false]);
    assert.deepEqual(
      [
        train.method,
        train.epochs,
        train.globalBatch,
        train.microBatch,
        train.learningRate,
        train.weightDecay,
      ],
      ['full', 3, 128, 4, 0.00002, 0],
    );
    assert.deepEqual([train.engine, train.processes], ['torchrun', 4]);
    assert.deepEqual(
      [train.schedule, train.warmupRatio, train.clipNorm, train.precision],
      ['cosine', 0.03, 1, 'bf16'],
    );
    assert.deepEqual([evaluate.temperature, evaluate.topP, evaluate.maxNewTokens], [0.7, 0.9, 600]);
    assert.equal(evaluate.maxInstructions, 252);
  });

  it('alpaca-13b differs by epochs, learning rate, GPUs and name alone', async () => {
    const [seven, thirteen] = [
      await buildRunInput({ recipe: 'alpaca-7b' }),
      await buildRunInput({ recipe: 'alpaca-13b' }),
    ];
    assert.deepEqual([thirteen.train.epochs, thirteen.train.learningRate], [5, 0.00001]);
    assert.equal(thirteen.train.processes, 8);
    const { epochs, learningRate, processes } = seven.train;
    assert.deepEqual(
      { ...thirteen, train: { ...thirteen.train, epochs, learningRate, processes }, release: seven.release },
      seven,
    );
  });

  it('alpaca-lora-7b has the community’s settings, which are the defaults of an adapter', async () => {
    const { train, tokenize, generate } = await buildRunInput({ recipe: 'alpaca-lora-7b' });
    assert.deepEqual(
      [train.loraRank, train.loraAlpha, train.loraDropout, train.loraTargets],
      [8, 16, 0.05, ['q_proj', 'v_proj']],
    );
    const defaults = alpacaInput.parse({}).train;
    for (const name of ['loraRank', 'loraAlpha', 'loraDropout', 'loraTargets'] as const)
      assert.deepEqual(train[name], defaults[name]);
    assert.deepEqual(
      [train.method, train.epochs, train.globalBatch, train.microBatch, train.learningRate, train.schedule],
      ['lora', 3, 128, 4, 0.0003, 'linear'],
    );
    assert.deepEqual([train.engine, train.processes], ['tensorflow', 1]);
    assert.deepEqual([tokenize.maxLength, tokenize.trainOnPrompt], [256, true]);
    assert.equal(Math.round(tokenize.heldOut * 52_002), 2000);
    assert.equal(Math.ceil(train.warmupRatio * 1173), 100);
    assert.equal(generate.ledger, 'alpaca', 'whose data are alpaca-7b’s');
  });

  it('self-instruct has the figures of the paper; what it samples with is a part of the method', async () => {
    const { generate, dedupe, tokenize, train, evaluate, budgetUsd } = await buildRunInput({
      recipe: 'self-instruct',
    });
    const { method, target, promptsPerRequest, seesAfter, ledger } = generate;
    assert.deepEqual(
      [method, target, promptsPerRequest, seesAfter, ledger, budgetUsd],
      ['self-instruct', 52_445, 5, null, 'self-instruct', 600],
    );
    assert.deepEqual([dedupe.threshold, dedupe.tokenization], [0.7, 'rouge']);
    assert.deepEqual([train.epochs, tokenize.trainOnPrompt, evaluate.maxInstructions], [2, false, 252]);
  });

  it('demo is a short run on the free offline teacher', async () => {
    const { generate, budgetUsd, train } = await buildRunInput({ recipe: 'demo' });
    assert.deepEqual(
      { teacher: generate.teacher, target: generate.target, budgetUsd, epochs: train.epochs },
      { teacher: 'offline', target: 200, budgetUsd: null, epochs: 1 },
    );
  });

  it('smollm2-135m tunes the model of that name with LoRA on 300 rows of the free offline teacher', async () => {
    const { generate, budgetUsd, tokenize, train } = await buildRunInput({ recipe: 'smollm2-135m' });
    assert.deepEqual(
      [generate.teacher, generate.target, budgetUsd, tokenize.model, train.method, train.epochs],
      ['offline', 300, null, 'smollm2-135m', 'lora', 1],
    );
  });

  it('korean asks for Korean, and compares it as the language’s folder says', async () => {
    const { language, dedupe, budgetUsd } = await buildRunInput({ recipe: 'korean' });
    assert.deepEqual(
      { language, tokenization: dedupe.tokenization, budgetUsd },
      { language: 'ko', tokenization: null, budgetUsd: 10 },
    );
  });
});
