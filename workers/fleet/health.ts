import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlpacaError } from '../../activities/errors.ts';

/** What a worker is asked about itself, and answers from what it saw last. */
export interface HealthView {
  /** when the server answered last, in milliseconds of the clock */
  answeredAt: number;
  /** why it takes no work; null where it polls */
  notPolling: string | null;
}

export interface HealthServer {
  url: string;
  close(): Promise<void>;
}

/** A server that is away for so long is one that this process will not reach again by itself. */
const GONE_AFTER_MS = 60_000;
/** How often the server is asked, so that a worker without work knows too. */
export const ASK_EVERY_MS = 5000;
const LATE_AFTER_MS = 3 * ASK_EVERY_MS;

/** Whether the process is worth keeping: null, or why it is not. A process that stands still answers nothing. */
function whyUnhealthy({ answeredAt }: HealthView, now: number): string | null {
  const silentMs = now - answeredAt;
  return silentMs < GONE_AFTER_MS
    ? null
    : `the Temporal server has not answered for ${Math.floor(silentMs / 1000)} s`;
}

/** Whether it takes work now: null, or why it does not. */
function whyNotReady({ answeredAt, notPolling }: HealthView, now: number): string | null {
  if (notPolling !== null) return notPolling;
  const silentMs = now - answeredAt;
  return silentMs < LATE_AFTER_MS
    ? null
    : `the Temporal server has not answered for ${Math.floor(silentMs / 1000)} s`;
}

/**
 * `/healthz` and `/readyz`: 200 and `ok`, or 503 and the reason. They answer on the thread that the work is on:
 * where that stands still, a probe gets no answer in time.
 *
 * @throws AlpacaError Configuration where it cannot listen
 */
export async function serveHealth(
  { host, port }: { host: string; port: number },
  view: () => HealthView,
): Promise<HealthServer> {
  const server = createServer(({ url }, response) => {
    const path = url?.split('?')[0];
    if (path !== '/healthz' && path !== '/readyz') {
      response.writeHead(404).end('There are /healthz and /readyz.\n');
      return;
    }
    const why = (path === '/healthz' ? whyUnhealthy : whyNotReady)(view(), Date.now());
    response.writeHead(why === null ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${why ?? 'ok'}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)));
    server.listen(port, host, resolve);
  });
  server.unref();
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenError(error: Error, port: number): AlpacaError {
  return new AlpacaError('Configuration', `The worker’s health cannot be served: ${error.message}.`, {
    remedy: `Set ALPACA_HEALTH_PORT to another port than ${port}, to 0 for any free one, or unset it.`,
    cause: error,
  });
}
