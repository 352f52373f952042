import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  method: string;
  /** the path with the query, without the bucket */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/**
 * What S3 says: an error by its code, or XML. 'cut': the connection ends without an answer; 'half': in the midst of a
 * hundred bytes.
 */
export type Scripted =
  | { status: number; code?: string; xml?: string; headers?: Record<string, string> }
  | 'cut'
  | 'half';

/** A server that answers S3's protocol by a script, for what a real one does rarely. */
export interface ScriptedS3 {
  url: string;
  asked: Asked[];
  close(): Promise<void>;
}

/** @param answer null: 200 without a word */
export async function scriptedS3(answer: (asked: Asked) => Scripted | null): Promise<ScriptedS3> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const one = { method, path: url.replace(/^\/bucket\/?/, ''), headers, body: await text(request) };
    asked.push(one);
    say(answer(one) ?? { status: 200 }, response);
  });
  const { port } = await listening(server);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
  });
  return {
    url: 's3://bucket/prefix',
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function say(answer: Scripted, response: ServerResponse): void {
  if (answer === 'cut') return void response.destroy();
  if (answer === 'half') {
    response.writeHead(200, { 'content-length': '100' });
    return void response.write('x'.repeat(50), () => setTimeout(() => response.destroy(), 20));
  }
  const { status, code, xml, headers = {} } = answer;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    code === undefined ? (xml ?? '') : `<Error><Code>${code}</Code><Message>said so</Message></Error>`,
  );
}

function listening(server: Server): Promise<AddressInfo> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
}
