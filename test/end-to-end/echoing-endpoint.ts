import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An endpoint that repeats the key that it was sent, as proxies do: in every form that a text can have it in. */
export interface EchoingEndpoint extends AsyncDisposable {
  url: string;
}

/** Of the job that was created last: how a run knows it again. */
let metadata: object = {};

/** How it answers what is asked of a profile whose base URL ends so. */
const ANSWERS: Readonly<
  Record<string, (said: string, response: ServerResponse, path: string, body: string) => void>
> = {
  401: (said, response) => refuse(response, 401, said),
  402: (said, response) => refuse(response, 402, said),
  403: (said, response) => refuse(response, 403, said),
  404: (said, response) => refuse(response, 404, said),
  429: (said, response) => {
    // Longer than anybody waits without saying so.
    refuse(response, 429, said, 3_600_000);
  },
  400: (said, response) => json(response, 400, { error: { message: `No such parameter: ${said}` } }),
  500: (said, response) => refuse(response, 500, said),
  text: (said, response) => response.writeHead(400, { 'content-type': 'text/plain' }).end(said),
  malformed: (said, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"is": ${said}`),
  redirect: (said, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:9/${encodeURIComponent(said)}` }).end(),
  job: (said, response, path, body) => {
    if (path.startsWith('GET /files') || path === 'GET /batches?limit=100')
      return json(response, 200, { data: [], has_more: false });
    if (path === 'POST /files') return json(response, 200, { id: 'file-1' });
    if (path === 'POST /batches') metadata = JSON.parse(body).metadata;
    const errors = { data: [{ code: 'invalid', message: said }] };
    return json(response, 200, { id: 'batch_1', status: 'failed', errors, metadata });
  },
  answer: (said, response) => {
    // No end that is known: of two rows the last is dropped.
    const row = `4. Instruction: Tell what ${said} stands for\n4. Input:\n<noinput>\n4. Output:\nFor ${said}.\n`;
    const text = [4, 5].map((at) => row.replaceAll('4.', `${at}.`)).join('###\n');
    json(response, 200, { model: said, choices: [{ finish_reason: said, message: { content: text } }] });
  },
};

export async function startEchoingEndpoint(key: string): Promise<EchoingEndpoint> {
  const server = createServer((request, response) => {
    const [, mode = '', path = ''] = /^\/([^/]+)\/v1(.*)$/.exec(request.url ?? '') ?? [];
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      ANSWERS[mode]?.(formsOf(key).join(' and '), response, `${request.method} ${path}`, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The key, its encodings, and a piece of it. */
export function formsOf(key: string): string[] {
  return [
    `Bearer ${key}`,
    Buffer.from(key).toString('base64'),
    Buffer.from(`user:${key}`).toString('base64url'),
    encodeURIComponent(key),
    `${key.slice(0, 16)}...`,
  ];
}

function refuse(response: ServerResponse, status: number, said: string, retryAfterMs?: number): void {
  json(response, status, { error: { message: said, code: said } }, retryAfterMs);
}

/** With its letters escaped, which JSON allows. */
function json(response: ServerResponse, status: number, body: object, retryAfterMs = 1): void {
  const text = JSON.stringify(body).replaceAll('sk', '\\u0073\\u006b');
  response
    .writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': String(retryAfterMs) })
    .end(text);
}
