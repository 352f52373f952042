import { availableParallelism } from 'node:os';
import OpenAI from 'openai';
import { median } from 'simple-statistics';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import { serveModels } from '../../workers/serve/models.ts';
import { startModelServer } from '../../workers/serve/server.ts';

const ASKED = 20;
const INSTRUCTION = 'Give three tips for staying healthy, each in a sentence of its own.';

/** How soon the tiny model's first token is at the client, and how fast the others follow. */
export async function benchServe(): Promise<Record<string, unknown>> {
  const folders = new Map([['tiny', builtinPath('tiny-model', 'en')]]);
  const models = await serveModels(folders, { seed: 42, signal: new AbortController().signal });
  const server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  try {
    const first: number[] = [];
    const rates: number[] = [];
    // One that is not counted: the kernels are compiled and the connection is made.
    for (let asked = 0; asked <= ASKED; asked += 1) {
      const { firstMs, tokensPerSecond } = await ask(openai, asked);
      if (asked === 0) continue;
      first.push(firstMs);
      rates.push(tokensPerSecond);
    }
    return {
      cores: availableParallelism(),
      asked: ASKED,
      firstTokenMs: { median: Math.round(median(first)), worst: Math.round(Math.max(...first)), atMost: 200 },
      tokensPerSecond: Math.round(median(rates)),
    };
  } finally {
    await server.close();
    await models.close();
  }
}

async function ask(openai: OpenAI, seed: number): Promise<{ firstMs: number; tokensPerSecond: number }> {
  const begun = performance.now();
  const stream = await openai.chat.completions.create({
    model: 'tiny',
    messages: [{ role: 'user', content: INSTRUCTION }],
    max_completion_tokens: 64,
    seed,
    stream: true,
    stream_options: { include_usage: true },
  });
  let firstAt: number | null = null;
  let tokens = 0;
  for await (const event of stream) {
    firstAt ??= event.choices[0]?.delta.content ? performance.now() : null;
    tokens = event.usage?.completion_tokens ?? tokens;
  }
  const ended = performance.now();
  return {
    firstMs: (firstAt ?? ended) - begun,
    tokensPerSecond: (1000 * tokens) / (ended - begun),
  };
}
