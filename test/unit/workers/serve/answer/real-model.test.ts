import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { assembleBatch } from '../../../../../activities/model/batch.ts';
import { readModel } from '../../../../../activities/model/folder/folder.ts';
import { scope, toFloats } from '../../../../../activities/model/kernels/tensor.ts';
import { Llama, logitsAt } from '../../../../../activities/model/llama/model.ts';
import { prepareBaseModel } from '../../../../../activities/tokenize/base-model.ts';
import { formatPrompt } from '../../../../../activities/tokenize/templates.ts';
import { type ServedModels, serveModels } from '../../../../../workers/serve/models.ts';
import { type ModelServer, startModelServer } from '../../../../../workers/serve/server.ts';

const INSTRUCTION = 'Name a colour.';
const TAUGHT = { takesConversations: true, examples: [{ instruction: 'Greet me.', input: '' }] };

describe('a real model behind OpenAI’s client', () => {
  let root = '';
  let models: ServedModels;
  let server: ModelServer;
  let openai: OpenAI;
  const asked = {
    model: 'tiny',
    messages: [{ role: 'user' as const, content: INSTRUCTION }],
    max_completion_tokens: 8,
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-real-'));
    await (await prepareBaseModel(builtinPath('tiny-model', 'en'), 42)).write?.(join(root, 'tiny'));
    const options = { seed: 42, signal: new AbortController().signal };
    models = await serveModels(new Map([['tiny', join(root, 'tiny')]]), options, new Map([['tiny', TAUGHT]]));
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
    openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  after(async () => {
    await server?.close();
    await models?.close();
    await rm(root, { recursive: true, force: true });
  });

  it('tells the log-softmax of the model’s own logits, and answers greedily as without', async () => {
    const greedy = { ...asked, temperature: 0 };
    const plain = await openai.chat.completions.create(greedy);
    const told = await openai.chat.completions.create({ ...greedy, logprobs: true, top_logprobs: 20 });
    let streamed = '';
    for await (const { choices } of await openai.chat.completions.create({
      ...{ ...greedy, logprobs: true, stream: true as const },
    }))
      streamed += choices[0]?.delta.content ?? '';
    const text = plain.choices[0]?.message.content ?? '';
    assert.equal(told.choices[0]?.message.content, text);
    assert.equal(streamed, text);

    const content = told.choices[0]?.logprobs?.content ?? [];
    assert.equal(content.length, 8);
    const next = await openLogits(join(root, 'tiny'));
    for (const { logprob, top_logprobs: top } of content) {
      const expected = logSoftmax(next.logits());
      const sorted = [...expected.entries()].sort(([, left], [, right]) => right - left).slice(0, 20);
      assertClose(
        top.map((token) => token.logprob),
        sorted.map(([, value]) => value),
      );
      // Greedily the likeliest is said.
      assertClose([logprob], [sorted[0]?.[1] ?? 0]);
      next.append(sorted[0]?.[0] ?? 0);
    }
  });

  it('is known with what its rows taught it, where they are known', async () => {
    assert.deepEqual(await models.about('tiny'), { state: 'open', base: null, ...TAUGHT });
  });

  it('gives answers by a seed that differ, and the same ones again', async () => {
    const sampled = { ...asked, temperature: 1, n: 4, seed: 11 };
    const texts = async () =>
      (await openai.chat.completions.create(sampled)).choices.map(({ message }) => message.content);
    const first = await texts();
    assert.equal(new Set(first).size, 4);
    assert.deepEqual(await texts(), first);
  });
});

/** The logits after the prompt and what is appended to it, each time by a forward pass over all of it. */
async function openLogits(folder: string) {
  const { config, weights } = await readModel(folder);
  const { tokenizer } = await prepareBaseModel(folder, 42);
  const ids = tokenizer.encode(formatPrompt({ instruction: INSTRUCTION, input: '' }), {
    addSpecialTokens: true,
  });
  const model = new Llama(config, weights, 'float32');
  return {
    append: (id: number) => ids.push(id),
    logits() {
      const labels = new Int32Array(ids.length + 1);
      const batch = assembleBatch([{ inputIds: Int32Array.from(ids), labels }]);
      const read = model.parameters.read('float32');
      const logits = scope(() => toFloats(logitsAt(model, read, batch, Int32Array.of(ids.length - 1))));
      read.free();
      return logits;
    },
  };
}

function logSoftmax(logits: Float32Array): number[] {
  const sum = [...logits].reduce((all, logit) => all + Math.exp(logit), 0);
  return Array.from(logits, (logit) => logit - Math.log(sum));
}

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    const difference = Math.abs(value - (expected[i] ?? 0));
    assert.ok(difference < 1e-5, `${value} is not ${expected[i]}`);
  }
}
