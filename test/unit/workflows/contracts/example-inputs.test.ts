import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';

const FOLDER = new URL('../../../../seeds/inputs/', import.meta.url);

async function parseInput(name: string) {
  return alpacaInput.parse(JSON.parse(await readFile(new URL(name, FOLDER), 'utf8')));
}

describe('the example inputs', () => {
  it('are those that seeds/README.md describes', async () => {
    const names = (await readdir(FOLDER)).sort();
    assert.deepEqual(names, ['alpaca-52k.json', 'alpaca-lora.json', 'korean.json', 'small.json']);
    const page = await readFile(new URL('../README.md', FOLDER), 'utf8');
    for (const name of names) assert.ok(page.includes(`inputs/${name}`), name);
  });

  it('alpaca-lora.json has the community’s settings, which are the defaults of an adapter', async () => {
    const { train, tokenize } = await parseInput('alpaca-lora.json');
    assert.deepEqual(
      [train.loraRank, train.loraAlpha, train.loraDropout, train.loraTargets, train.learningRate],
      [8, 16, 0.05, ['q_proj', 'v_proj'], 3e-4],
    );
    const defaults = alpacaInput.parse({}).train;
    for (const name of ['loraRank', 'loraAlpha', 'loraDropout', 'loraTargets'] as const)
      assert.deepEqual(train[name], defaults[name]);
    assert.equal(Math.round(tokenize.heldOut * 52_002), 2000);
    assert.equal(Math.ceil(train.warmupRatio * 1173), 100);
  });

  it('alpaca-52k.json has the original settings', async () => {
    const { generate, dedupe, tokenize, train, budgetUsd } = await parseInput('alpaca-52k.json');
    assert.equal(budgetUsd, 500);
    assert.deepEqual(
      {
        teacher: generate.teacher,
        target: generate.target,
        seedTasksPerPrompt: generate.seedTasksPerPrompt,
        promptsPerRequest: generate.promptsPerRequest,
        instructionsPerPrompt: generate.instructionsPerPrompt,
        temperature: generate.temperature,
        topP: generate.topP,
        maxTokens: generate.maxTokens,
        threshold: dedupe.threshold,
        maxLength: tokenize.maxLength,
        trainOnPrompt: tokenize.trainOnPrompt,
        epochs: train.epochs,
        globalBatch: train.globalBatch,
        learningRate: train.learningRate,
        schedule: train.schedule,
        warmupRatio: train.warmupRatio,
        weightDecay: train.weightDecay,
      },
      {
        teacher: 'openai',
        target: 52_000,
        seedTasksPerPrompt: 3,
        promptsPerRequest: 5,
        instructionsPerPrompt: 20,
        temperature: 1,
        topP: 1,
        maxTokens: 3072,
        threshold: 0.7,
        maxLength: 512,
        trainOnPrompt: false,
        epochs: 3,
        globalBatch: 128,
        learningRate: 0.00002,
        schedule: 'cosine',
        warmupRatio: 0.03,
        weightDecay: 0,
      },
    );
  });

  it('small.json is a short run on the free offline teacher', async () => {
    const { generate, budgetUsd, train } = await parseInput('small.json');
    assert.deepEqual(
      { teacher: generate.teacher, target: generate.target, budgetUsd, epochs: train.epochs },
      { teacher: 'offline', target: 200, budgetUsd: null, epochs: 1 },
    );
  });

  it('korean.json asks for Korean and compares it with the tokenization that sees Korean', async () => {
    const { language, dedupe, budgetUsd } = await parseInput('korean.json');
    assert.deepEqual(
      { language, tokenization: dedupe.tokenization, budgetUsd },
      { language: 'ko', tokenization: 'unicode', budgetUsd: 10 },
    );
  });
});
