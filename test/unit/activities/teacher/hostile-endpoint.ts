import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** An endpoint that answers with raw bytes, as many as the test says, and counts what it was asked. */
export interface HostileEndpoint extends AsyncDisposable {
  baseUrl: string;
  /** `METHOD path`, in order */
  requests: string[];
}

export async function startHostileEndpoint(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<HostileEndpoint> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => answer(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes chunks for as long as anybody reads them. */
export function endless(response: ServerResponse, begin: string, chunk = 'x'.repeat(65_536)): void {
  response.write(begin);
  const go = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', go);
  go();
}

/** A gigabyte in a megabyte: 64 members of 16 MiB each. */
export function gzipBomb(begin: string): Buffer {
  const member = gzipSync(Buffer.alloc(16 << 20, 'x'), { level: 9 });
  return Buffer.concat([gzipSync(begin), ...Array.from({ length: 64 }, () => member)]);
}

/** Runs `work`, and gives by how many MiB the memory of this process grew meanwhile at the most. */
export async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return (Math.max(most, process.memoryUsage.rss()) - before) / 2 ** 20;
}
