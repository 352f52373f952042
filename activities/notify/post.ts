import { request as requestPlain } from 'node:http';
import { request as requestOverTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Destination } from './allowed.ts';

/**
 * Posts once, to one of the addresses that were looked at, whatever the name's are by then. Redirects are not followed
 * and proxies not used; of the answer the status is taken, and nothing of the body.
 *
 * @returns the HTTP status
 * @throws what the connection fails with; an AbortError or TimeoutError of `signal`
 */
export function postOnce(
  { url, addresses }: Destination,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
  signal: AbortSignal,
): Promise<number> {
  const request = url.protocol === 'https:' ? requestOverTls : requestPlain;
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      // Of its own: no connection of before, to an address of before.
      agent: false,
      lookup: pinnedTo(addresses),
      signal,
    });
    sending.on('error', reject);
    sending.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sending.end(body);
  });
}

function pinnedTo(addresses: Destination['addresses']): LookupFunction {
  return (_host, { all }, found) => {
    if (all) found(null, addresses);
    else found(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
}
