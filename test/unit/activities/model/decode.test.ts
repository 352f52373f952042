import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleBatch } from '../../../../activities/model/batch.ts';
import { type DecodeOptions, decode } from '../../../../activities/model/decode.ts';
import { liveTensors, scope, toFloats } from '../../../../activities/model/kernels/tensor.ts';
import { Llama, logitsAt } from '../../../../activities/model/llama/model.ts';
import { randomWeights, tinyConfig, VARIANTS } from './tiny-model.ts';

const prompts = [[1, 2, 3, 4, 5], [7], Array.from({ length: 21 }, (_, i) => (i * 5) % 37), [30, 2]];
const greedy: DecodeOptions = { maxNewTokens: 12, temperature: 0, topP: 1, topK: null, stopIds: [], seed: 3 };

/** All that a family may do otherwise than a Llama, in one. */
const other = { ...tinyConfig, ...Object.assign({}, ...Object.values(VARIANTS)) };

for (const [kind, config] of Object.entries({ 'a Llama': tinyConfig, 'another family': other })) {
  describe(`decoding by ${kind}`, () => {
    const model = new Llama(config, randomWeights(config, 1), 'float32');

    it('chooses greedily what a forward pass over the whole sequence finds likeliest', () => {
      const answers = complete(model, prompts, greedy);
      for (const [index, prompt] of prompts.entries()) {
        const sequence = [...prompt];
        for (const id of answers[index] ?? []) {
          assert.equal(id, likeliestNext(model, sequence));
          sequence.push(id);
        }
        assert.equal(sequence.length, prompt.length + 12);
      }
    });

    it('gives a prompt the same answer alone and in a batch whose rows end at different times', () => {
      const sampled = { ...greedy, temperature: 1.3, topP: 0.9, stopIds: [0, 5, 9, 11] };
      const together = complete(model, prompts, sampled);
      for (const [index, ids] of prompts.entries()) {
        const alone = [...decode(model, [{ index, ids }], sampled)].map(({ id }) => id);
        assert.deepEqual(alone, together[index]);
      }
      assert.ok(new Set(together.map((answer) => answer.length)).size > 1, 'rows end at different times');
    });
  });
}

describe('decoding', () => {
  const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');

  it('ends before a stop id', () => {
    const [free = []] = complete(model, prompts, greedy);
    const stop = free[3] ?? 0;
    const [stopped] = complete(model, prompts, { ...greedy, stopIds: [stop] });
    assert.deepEqual(stopped, free.slice(0, free.indexOf(stop)));
  });

  it('draws other answers with another seed, and the same with the same', () => {
    const sampled = { ...greedy, temperature: 1 };
    assert.deepEqual(complete(model, prompts, sampled), complete(model, prompts, sampled));
    assert.notDeepEqual(complete(model, prompts, sampled), complete(model, prompts, { ...sampled, seed: 4 }));
  });

  it('tells log-probabilities that are the log-softmax of a forward pass, and says the same words', () => {
    const plain = complete(model, prompts, greedy);
    for (const [index, prompt] of prompts.entries()) {
      const sequence = [...prompt];
      const told = [...decode(model, [{ index, ids: prompt }], { ...greedy, topLogprobs: 3 })];
      assert.deepEqual(
        told.map(({ id }) => id),
        plain[index],
      );
      for (const { id, logprobs } of told) {
        const expected = logSoftmax(nextLogits(model, sequence));
        const likeliest = [...expected.keys()].sort((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
        assert.ok(Math.abs((logprobs?.logprob ?? 0) - (expected[id] ?? 0)) < 1e-5);
        assert.deepEqual(
          logprobs?.top.map((token) => token.id),
          likeliest.slice(0, 3),
        );
        for (const token of logprobs?.top ?? [])
          assert.ok(Math.abs(token.logprob - (expected[token.id] ?? 0)) < 1e-5);
        sequence.push(id);
      }
    }
  });

  it('tells them of the model’s own logits, whatever temperature and penalties make of these', () => {
    const question = [{ index: 0, ids: [1, 2, 3] }];
    const [plain] = decode(model, question, { ...greedy, topLogprobs: 2 });
    const sampled = { ...greedy, temperature: 2, presencePenalty: 2, seed: 1, topLogprobs: 2 };
    const [drawn] = decode(model, question, sampled);
    assert.deepEqual(drawn?.logprobs?.top, plain?.logprobs?.top);
  });

  it('says nothing twice under a penalty that outweighs every logit', () => {
    const [free = []] = complete(model, prompts, greedy);
    const [penalized = []] = complete(model, prompts, { ...greedy, frequencyPenalty: 1000 });
    assert.ok(new Set(free).size < free.length, 'without a penalty it repeats itself');
    assert.equal(new Set(penalized).size, 12);
  });

  it('stops at the last position of the model', () => {
    const ids = Array.from({ length: tinyConfig.maxPositions - 2 }, () => 1);
    assert.equal(complete(model, [ids], greedy)[0]?.length, 2);
    assert.deepEqual(complete(model, [[...ids, 1, 1]], greedy), [[]]);
  });

  it('leaves no tensor behind, even when the reader stops early', () => {
    complete(model, prompts, greedy);
    const before = liveTensors();
    for (const _ of decode(model, [{ index: 0, ids: [1, 2] }], greedy)) break;
    complete(model, prompts, { ...greedy, stopIds: [0, 5, 9, 11] });
    assert.equal(liveTensors(), before);
  });
});

function complete(model: Llama, prompts: number[][], options: DecodeOptions): number[][] {
  const answers: number[][] = prompts.map(() => []);
  const indexed = prompts.map((ids, index) => ({ index, ids }));
  for (const { prompt, id } of decode(model, indexed, options)) answers[prompt]?.push(id);
  return answers;
}

function likeliestNext(model: Llama, sequence: number[]): number {
  const logits = nextLogits(model, sequence);
  return logits.indexOf(Math.max(...logits));
}

function logSoftmax(logits: Float32Array): number[] {
  const sum = [...logits].reduce((all, logit) => all + Math.exp(logit), 0);
  return Array.from(logits, (logit) => logit - Math.log(sum));
}

function nextLogits(model: Llama, sequence: number[]): Float32Array {
  const inputIds = Int32Array.from(sequence);
  const batch = assembleBatch([{ inputIds, labels: new Int32Array(sequence.length + 1) }]);
  const weights = model.parameters.read('float32');
  const last = Int32Array.of(sequence.length - 1);
  const logits = scope(() => toFloats(logitsAt(model, weights, batch, last)));
  weights.free();
  return logits;
}
