import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { initializeAdapter } from '../../../../../activities/model/adapter/lora.ts';
import { mergeAdapter } from '../../../../../activities/model/adapter/merge.ts';
import { identityOf } from '../../../../../activities/train/checkpoint/identity.ts';
import { NOTHING_MEASURED } from '../../../../../activities/train/early-stopping.ts';
import { checkPatterns, loraOf } from '../../../../../activities/train/plan/method.ts';
import { planBatches } from '../../../../../activities/train/plan/plan.ts';
import { Trainer } from '../../../../../activities/train/trainer.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { raggedExamples, randomWeights, tinyConfig } from '../../model/tiny-model.ts';
import { PARTS } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

const folder = fileURLToPath(new URL('../../../../fixtures/tokenize/nfc', import.meta.url));
const lora: TrainingSettings = { ...settings, method: 'lora', loraTargets: ['v_proj', 'q_proj', 'v_proj'] };

describe('the method of a training', () => {
  it('is no adapter where all weights are trained', async () => {
    assert.equal(await loraOf(settings, ['[PAD]'], folder), null);
  });

  it('is an adapter by the settings, and the ids of the tokens that were added', async () => {
    assert.deepEqual(await loraOf(lora, ['<mask>', '[PAD]'], folder), {
      rank: 4,
      alpha: 8,
      dropout: 0.1,
      targets: ['q_proj', 'v_proj'],
      trainedTokens: [3, 640],
    });
  });

  it('has ranks and alphas of single layers where the settings have them', async () => {
    const settings = {
      ...{ ...lora, loraRankStabilized: true, loraRankPattern: { q_proj: 2 } },
      loraAlphaPattern: { 'layers.0.self_attn.v_proj': 3 },
    };
    const found = await loraOf(settings, [], folder);
    assert.ok(found);
    const { rankStabilized, ranks, alphas } = found;
    assert.deepEqual(
      { rankStabilized, ranks, alphas },
      { rankStabilized: true, ranks: { q_proj: 2 }, alphas: { 'layers.0.self_attn.v_proj': 3 } },
    );
    checkPatterns(tinyConfig, found);
    for (const key of ['up_proj', 'layers.2.self_attn.q_proj', 'proj'])
      assert.throws(() => checkPatterns(tinyConfig, { ...found, ranks: { [key]: 2 } }), {
        code: 'InvalidInput',
        message: new RegExp(`^loraRankPattern names ${key}, which is the end of no adapted layer’s name`),
      });
  });

  it('refuses added tokens that the tokenizer does not know', async () => {
    await assert.rejects(loraOf(lora, ['[NOWHERE]'], folder), {
      code: 'InvalidInput',
      message: /has no token \[NOWHERE\] that was added to it/,
    });
  });
});

describe('rows of added tokens', () => {
  it('are trained, and no other row of the embedding or of the head', () => {
    const base = randomWeights(tinyConfig, 1);
    const added = 5;
    const examples = raggedExamples(tinyConfig.vocabSize, [9, 14, 31, 6], 9);
    const rows = examples.map((example, row) => ({ row, ...example }));
    const plan = planBatches({
      seed: 1,
      lengths: rows.map(({ inputIds }) => inputIds.length),
      epochs: 3,
      globalBatch: 4,
      microBatch: 4,
      shardsPerEpoch: 1,
    });
    const adapter = { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj' as const], trainedTokens: [added] };
    const trainer = new Trainer({
      model: { config: tinyConfig, weights: base },
      rows,
      plan,
      settings: { ...lora, warmupRatio: 0 },
      lora: adapter,
      identity: identityOf(lora, { model: 'm', tokens: 't', plan: plan.digest, parts: PARTS }, adapter),
      checkpoint: null,
    });
    trainer.runStep();
    trainer.runStep();
    const { weights, state } = trainer.checkpoint(NOTHING_MEASURED);
    trainer.destroy();

    assert.deepEqual(state.lora, adapter);
    assert.deepEqual(
      [...weights.keys()].sort(),
      [...initializeAdapter(tinyConfig, base, adapter, 1).keys()].sort(),
    );
    const merged = mergeAdapter(tinyConfig, base, weights, adapter);
    for (const name of ['model.embed_tokens.weight', 'lm_head.weight']) {
      const [before, after] = [base.get(name), merged.get(name)];
      const changed = new Set<number>();
      after?.data.forEach((value, i) => {
        if (value !== before?.data[i]) changed.add(Math.floor(i / tinyConfig.hiddenSize));
      });
      assert.deepEqual([...changed], [added], name);
    }
  });
});
