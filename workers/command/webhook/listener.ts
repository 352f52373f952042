import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '../../../activities/artifacts/formats/parse-json.ts';
import { verify } from '../../../activities/notify/signature.ts';
import { type WebhookBody, webhookBody } from '../../../workflows/contracts/run/events.ts';

/** What came, as it was found. */
export interface Heard {
  /** null where a signature is right, else why it is not taken */
  refused: string | null;
  /** true where one of the same id was taken before */
  again: boolean;
  /** null where it is no event of a run */
  event: WebhookBody | null;
}

export interface Listener {
  url: string;
  close(): Promise<void>;
}

const LARGEST_BODY = 1 << 20;

/**
 * An endpoint of webhooks for trying them out: keeps nothing.
 *
 * @param answer the status for what is signed; anything else is answered by 401, a large body by 413
 */
export async function listenForWebhooks(
  { host, port, secrets, answer }: { host: string; port: number; secrets: readonly Buffer[]; answer: number },
  hear: (heard: Heard) => void,
): Promise<Listener> {
  const taken = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => null);
    if (body === null) return void response.writeHead(413, { connection: 'close' }).end();
    const id = String(request.headers['webhook-id']);
    const refused = verify(request.headers, body, secrets, new Date());
    hear({ refused, again: taken.has(id), event: refused === null ? eventIn(body) : null });
    if (refused === null && answer < 300) taken.add(id);
    response.writeHead(refused === null ? answer : 401).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/`;
  return { url, close: () => closed(server) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY) throw new RangeError('the body is large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function eventIn(body: string): WebhookBody | null {
  try {
    return webhookBody.safeParse(parseJson(body)).data ?? null;
  } catch {
    return null;
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
