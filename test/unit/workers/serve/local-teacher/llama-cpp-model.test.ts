import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { openLlamaCppModel } from '../../../../../workers/serve/local-teacher/llama-cpp-model.ts';
import type { OpenedModel } from '../../../../../workers/serve/open-model.ts';
import { state } from './scripted-llama.ts';

const SCRIPTED = fileURLToPath(new URL('./scripted-llama.ts', import.meta.url));
const DECODING = { temperature: 1, topP: 1, topK: null, seed: 7, stopIds: [2] };

describe('a model that llama.cpp computes', () => {
  let model: OpenedModel;
  before(async () => {
    const folder = builtinPath('tiny-model', 'en');
    const named = { name: 'tiny', gguf: 'tiny.gguf', folder, library: SCRIPTED };
    model = await openLlamaCppModel(named, new AbortController().signal);
  });
  after(() => model.close());

  const idsOf = async (
    prompt: number[],
    options: Partial<Parameters<OpenedModel['stream']>[1]> = {},
  ): Promise<number[]> => {
    const ids: number[] = [];
    for await (const { id } of model.stream(prompt, { ...DECODING, maxNewTokens: 5, ...options }))
      ids.push(id);
    return ids;
  };

  it('answers with as many tokens as it may, and ends before a stop id', async () => {
    assert.deepEqual(await idsOf([10, 11, 12]), [10, 11, 12, 10, 11]);
    assert.deepEqual(await idsOf([10, 11, 2, 12]), [10, 11]);
    assert.equal(state.busy, 0);
  });

  it('is sampled as was asked, with penalties where there are any', async () => {
    state.asked.length = 0;
    await idsOf([10]);
    await idsOf([10], { topK: 40, temperature: 0, presencePenalty: 2 });
    const [plain, penalized] = state.asked;
    assert.deepEqual(plain, {
      ...{ temperature: 1, topP: 1, topK: 0, seed: 7, yieldEogToken: true, repeatPenalty: false },
    });
    assert.ok(penalized?.repeatPenalty);
    assert.deepEqual([penalized.topK, penalized.repeatPenalty.presencePenalty], [40, 2]);
    assert.deepEqual(penalized.repeatPenalty.punishTokens(), [10, 10, 10, 10, 10]);
  });

  it('answers four at once, and the next as soon as one of them is done', async () => {
    state.most = 0;
    const all = await Promise.all(Array.from({ length: 6 }, (_, i) => idsOf([20 + i], { maxNewTokens: 2 })));
    assert.deepEqual(all, [
      [20, 20],
      [21, 21],
      [22, 22],
      [23, 23],
      [24, 24],
      [25, 25],
    ]);
    assert.equal(state.most, 4);
  });

  it('has room for what llama.cpp keeps, or the model where that is less', () => {
    assert.equal(model.contextLength, 512);
  });
});
