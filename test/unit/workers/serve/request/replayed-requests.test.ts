import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ModelServer, startModelServer } from '../../../../../workers/serve/server.ts';
import { scriptedModels } from '../served-model.ts';

const models = scriptedModels(['tuned'], () => ['yes']);
let server: ModelServer;
before(async () => {
  server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
});
after(() => server.close());

async function post(path: string, body: object) {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tuned', ...body }),
  });
  const { error } = (await response.json()) as { error?: { param: string; message: string } };
  return { status: response.status, param: error?.param, message: error?.message };
}
const user = { role: 'user', content: 'Greet me.' };
const chat = (body: object) => post('chat/completions', { messages: [user], ...body });

describe('what a client sends by habit is taken where it changes nothing', () => {
  for (const body of [
    { tools: [], tool_choice: 'none', parallel_tool_calls: true },
    { tools: null, tool_choice: 'auto', functions: [], function_call: 'auto' },
    { tools: [{ type: 'function', function: { name: 'search' } }], tool_choice: 'none' },
    { service_tier: 'auto', reasoning_effort: 'medium', verbosity: 'medium', modalities: ['text'] },
    { reasoning_effort: 'none', top_logprobs: 0, logprobs: false, prediction: null, audio: null },
    { metadata: { run: 1 }, user: 'u', safety_identifier: 's', prompt_cache_key: 'k', store: false },
    { presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1, min_p: 0, ignore_eos: false },
    { logit_bias: {}, n: 1, stop: '', response_format: { type: 'text' } },
    { stop: ['', 'END'], stream_options: null, seed: null, temperature: null, top_p: null },
  ])
    it(JSON.stringify(body), async () => {
      assert.deepEqual(await chat(body), { status: 200, param: undefined, message: undefined });
    });

  it('completions: echo, best_of, suffix and the rest', async () => {
    const body = { prompt: 'One', echo: false, best_of: 1, suffix: '', logprobs: 0, service_tier: null };
    assert.equal((await post('completions', body)).status, 200);
  });
});

describe('the recipe’s input', () => {
  it('goes with the last question, or with a message of its own', async () => {
    const prompt = async (body: object) => {
      assert.equal((await chat(body)).status, 200);
      return models.asked.at(-1)?.prompt;
    };
    const beside = await prompt({ input: 'Anna' });
    assert.match(beside ?? '', /### Instruction:\nGreet me\.\n\n### Input:\nAnna\n\n### Response:$/);
    assert.equal(await prompt({ messages: [{ ...user, input: 'Anna' }] }), beside);
    assert.deepEqual((await chat({ messages: [{ ...user, input: 7 }] })).param, 'messages.0.input');
  });
});

describe('turns that were replayed', () => {
  it('are not shown where they say nothing in words: calls of tools, their results, parts, nothing', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'search', arguments: '{}' } };
    const messages = [
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      },
      { role: 'user', content: 'earlier', name: 'someone' },
      { role: 'assistant', content: null, tool_calls: [call], refusal: null },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'found' }] },
      { role: 'function', name: 'search', content: 'found' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }], reasoning_content: 'hm' },
      { role: 'assistant' },
      { role: 'user', content: 'Now.' },
      { role: 'assistant', content: '' },
    ];
    assert.equal((await chat({ messages })).status, 200);
    assert.match(
      models.asked.at(-1)?.prompt ?? '',
      /### Instruction:\nBe brief\.\n\nNow\.\n\n### Response:$/,
    );
  });
});

describe('limits have the meaning that their fields have elsewhere', () => {
  for (const [given, asked] of [
    [{ top_p: 0 }, { topP: 0, topK: null }],
    [{ top_k: -1 }, { topP: 0.9, topK: null }],
    [{ top_k: 0 }, { topP: 0.9, topK: null }],
    [{ top_k: 5 }, { topP: 0.9, topK: 5 }],
  ] as const)
    it(JSON.stringify(given), async () => {
      assert.equal((await chat(given)).status, 200);
      const { topP, topK } = models.asked.at(-1)?.options ?? {};
      assert.deepEqual({ topP, topK }, asked);
    });

  for (const name of ['max_tokens', 'max_completion_tokens'])
    it(`${name}: -1 is as many as the context has room for`, async () => {
      await chat({ [name]: -1, messages: [{ role: 'user', content: 'Hi' }] });
      const { prompt, options } = models.asked.at(-1) ?? {};
      assert.equal(options?.maxNewTokens, 400 - (prompt?.length ?? 0));
    });
});

describe('what would change the answer is refused by its full path', () => {
  const image = { type: 'image_url', image_url: { url: 'data:,' } };
  const text = { type: 'text', text: 'What is it?' };
  for (const [body, param, says] of [
    [
      { messages: [{ role: 'user', content: [text, image] }] },
      'messages.0.content.1.type',
      /only takes "text"/,
    ],
    [
      { messages: [{ role: 'user', content: [{ ...text, bold: true }] }] },
      'messages.0.content.0.bold',
      /does not take this parameter/,
    ],
    [{ messages: [{ role: 'user', content: null }] }, 'messages.0.content', /./],
    [{ messages: [user, { role: 'tool', tool_call_id: 'c', content: '42' }] }, 'messages.1', /behind it/],
    [{ messages: [user, { role: 'assistant', content: 'Sure:' }] }, 'messages.1', /behind it/],
    [{ messages: [{ role: 'critic', content: 'no' }] }, 'messages.0.role', /./],
    [{ tools: [{}], tool_choice: 'auto' }, 'tools', /calls none/],
    [{ tool_choice: 'required' }, 'tool_choice', /only takes "none" or "auto"/],
    [{ reasoning_effort: 'high' }, 'reasoning_effort', /only takes "none" or/],
    [{ response_format: { type: 'json_object' } }, 'response_format.type', /only takes "text"/],
    [{ response_format: { type: 'text', strict: true } }, 'response_format.strict', /does not take/],
    [{ logit_bias: { 5: 1 } }, 'logit_bias.5', /./],
    [{ repetition_penalty: 1.1 }, 'repetition_penalty', /only takes 1 here/],
    [
      { response_format: { type: 'json_schema', json_schema: {} } },
      'response_format.type',
      /only takes "text"/,
    ],
    [{ presence_penalty: 2.1 }, 'presence_penalty', /./],
    [{ frequency_penalty: -2.1 }, 'frequency_penalty', /./],
    [{ n: 0 }, 'n', /./],
    [{ top_logprobs: 3 }, 'top_logprobs', /needs logprobs: true/],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs', /./],
    [{ logprobs: 3 }, 'logprobs', /./],
    [{ truncation: 'middle' }, 'truncation', /only takes "auto" or "disabled"/],
    [{ max_tokens: 0 }, 'max_tokens', /from 1 on, or -1/],
    [{ max_tokens: -2 }, 'max_tokens', /from 1 on, or -1/],
    [{ top_k: -2 }, 'top_k', /./],
    [{ guided_regex: 'a+' }, 'guided_regex', /does not take this parameter/],
  ] as const)
    it(param, async () => {
      const refused = await chat(body);
      assert.deepEqual([refused.status, refused.param], [400, param], refused.message);
      assert.match(refused.message ?? '', says);
    });
});
