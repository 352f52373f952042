import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { TeacherProfile } from '../../../../activities/teacher/profile/profiles.ts';
import type { ChatRequest } from '../../../../activities/teacher/request-body.ts';

/** What tests ask. */
export const CHAT: ChatRequest = {
  style: 'chat',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 3072,
  stop: ['\n20', '20.', '20.'],
  messages: [{ role: 'user', content: 'Go on.' }],
};

/** What a test's teacher does with one request; `cut` and `hang` leave it without an answer. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; json: unknown }
  | { status?: number; body: string; contentType?: string }
  | 'cut'
  | 'cut in mid-body'
  | 'hang'
  | 'hang in mid-body';

const receivedBody = z.looseObject({
  prompt: z.union([z.string(), z.array(z.string())]).optional(),
  input: z.array(z.string()).optional(),
  temperature: z.number().optional(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).optional(),
});

export interface Call {
  path: string;
  headers: IncomingMessage['headers'];
  body: z.infer<typeof receivedBody>;
  /** the prompt, in whichever way it was asked; of a list the first */
  prompt: string;
  /** the prompts of a list, or the one */
  prompts: string[];
}

export interface ScriptedTeacher extends AsyncDisposable {
  baseUrl: string;
  /** every request received, in order */
  calls: Call[];
  profile(overrides?: Partial<TeacherProfile>): TeacherProfile;
}

/** A profile of an endpoint that needs no key. */
export function profileOf(baseUrl: string): TeacherProfile {
  return {
    name: 'scripted',
    file: 'teachers.json',
    preset: null,
    baseUrl,
    apiKeyVariable: null,
    apiKeyHeader: null,
    query: {},
    model: 'scripted-1',
    style: 'chat',
    price: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
    timeoutMs: 5000,
    maxAnswerBytes: null,
    concurrency: null,
    output: 'text',
    limits: null,
    repeatsHeading: true,
    wrapsList: true,
    thinkingMarks: ['<think>', '</think>'],
    maxTokensParameter: 'max_tokens',
    supportsStop: true,
    supportsSampling: true,
    supportsTopP: true,
    supportsPresencePenalty: true,
    supportsLogitBias: true,
    supportsPromptList: true,
    idempotencyHeader: null,
    batch: null,
    embeddingModel: null,
    embeddingUsdPerMillion: null,
    embeddingLimits: null,
  };
}

/** An OpenAI-compatible endpoint on loopback that does what the test says. */
export async function startScriptedTeacher(
  script: (call: Call, index: number) => Reply | Promise<Reply>,
): Promise<ScriptedTeacher> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const body = receivedBody.parse(JSON.parse(await textOf(request)));
    const prompts = [body.prompt ?? body.messages?.at(-1)?.content ?? ''].flat();
    const [prompt = ''] = prompts;
    const call = { path: request.url ?? '', headers: request.headers, body, prompt, prompts };
    calls.push(call);
    send(response, await script(call, calls.length - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  return {
    baseUrl,
    calls,
    profile: (overrides) => ({ ...profileOf(baseUrl), ...overrides }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A chat completion that cost 1000 prompt tokens and 60 completion tokens, as far as the test says nothing else. */
export function chatReply(
  text: string | null,
  finishReason = 'stop',
  refusal: string | null = null,
  usage = { prompt_tokens: 1000, completion_tokens: 60 },
): Reply {
  const message = { role: 'assistant', content: text, refusal };
  return {
    json: {
      model: 'scripted-1-2026',
      choices: [{ index: 0, finish_reason: finishReason, message }],
      usage,
    },
  };
}

/** A legacy completion with a choice for each text; null leaves the choice of that index out. */
export function completionsReply(
  texts: readonly (string | null)[],
  usage: { prompt_tokens: number; completion_tokens: number } | null = {
    prompt_tokens: 2101,
    completion_tokens: 23,
  },
): Reply {
  const choices = texts.flatMap((text, index) =>
    text === null ? [] : [{ index, text, finish_reason: 'stop' }],
  );
  // Providers do not promise an order.
  return { json: { model: 'scripted-1-2026', choices: choices.reverse(), usage } };
}

/** An error response in OpenAI's form. */
export function errorReply(
  status: number,
  error: { message: string; code?: string; type?: string; param?: string },
  headers: Record<string, string> = {},
): Reply {
  return { status, headers, json: { error } };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return;
  if (reply === 'cut') {
    response.destroy();
    return;
  }
  if (reply === 'hang in mid-body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"choices": [');
    return;
  }
  if (reply === 'cut in mid-body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"choices": [', () => response.destroy());
    return;
  }
  if ('body' in reply) {
    response.writeHead(reply.status ?? 200, { 'content-type': reply.contentType ?? 'application/json' });
    response.end(reply.body);
    return;
  }
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  response.end(JSON.stringify(reply.json));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
