import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a network between a store and its bucket does to one request. */
type Fault = 'unavailable' | 'cut before' | 'cut after' | 'cut in the midst';

export interface FailingNetwork {
  endpoint: string;
  /** of requests that fail from now on */
  share: number;
  /** how often each was done */
  faults: Map<Fault, number>;
  /** how often the server was not there */
  refused(): number;
  close(): Promise<void>;
}

/**
 * Stands before an S3 server and fails a share of requests, drawn by a seed: 503 without a word to the server, a cut
 * before the server hears of it, a cut once it has done it, a cut in the midst of its answer.
 */
export async function failingNetwork(
  server: string,
  seed: number,
  share: number,
  address = '127.0.0.1',
): Promise<FailingNetwork> {
  const draw = numbersFrom(seed);
  const faults = new Map<Fault, number>();
  let refused = 0;
  const kinds: readonly Fault[] = ['unavailable', 'cut before', 'cut after', 'cut in the midst'];
  const proxy = createServer((incoming, outgoing) => {
    const fault = draw() < network.share ? kinds[Math.floor(draw() * kinds.length)] : undefined;
    if (fault !== undefined) faults.set(fault, (faults.get(fault) ?? 0) + 1);
    if (fault === 'cut before') return void incoming.socket.destroy();
    if (fault === 'unavailable') {
      incoming.resume();
      outgoing.writeHead(503, { 'content-type': 'application/xml' });
      return void outgoing.end('<Error><Code>SlowDown</Code><Message>slow down</Message></Error>');
    }
    const { method, url, headers } = incoming;
    const onward = ask(new URL(url ?? '/', server), { method, headers }, (answer) => {
      if (fault === 'cut after') {
        answer.resume();
        return void answer.once('end', () => incoming.socket.destroy());
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault === 'cut in the midst') {
        answer.once('data', (chunk: Buffer) => {
          outgoing.write(chunk.subarray(0, chunk.length >> 1), () => incoming.socket.destroy());
        });
        return void answer.once('end', () => incoming.socket.destroy());
      }
      answer.pipe(outgoing);
    });
    onward.once('error', () => {
      refused += 1;
      incoming.socket.destroy();
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, address, () => resolve()));
  const network: FailingNetwork = {
    endpoint: `http://${address}:${(proxy.address() as AddressInfo).port}`,
    share,
    faults,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
  return network;
}

/** mulberry32: numbers from 0 to 1. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
