import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { openStoreAt } from '../../activities/artifacts/stores/open-store.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { log, startLog } from '../../activities/log.ts';
import { readConfiguration } from '../configuration.ts';
import { startTracing } from '../fleet/tracing.ts';
import { knownRuns } from '../runs/runs.ts';
import { runSteering } from '../runs/steering.ts';
import { temporalRatings } from './rating/ratings.ts';
import { createWebService } from './server.ts';
import { readWebConfiguration } from './web-configuration.ts';

/**
 * The web service's process. Prints one JSON line `{"url": …}` on standard output when it listens; ends
 * with code 0 on SIGTERM and SIGINT. It is set by its environment (ALPACA_WEB_HOST, ALPACA_WEB_PORT,
 * ALPACA_WEB_TOKEN, ALPACA_WEB_PROXIES, ALPACA_RATERS_TOKEN, ALPACA_TEMPORAL_UI_URL, ALPACA_CHAT_URL, ALPACA_STORE,
 * ALPACA_TASK_QUEUE, TEMPORAL_*); `--port` goes before the variable.
 */
startLog('info');
try {
  await main();
} catch (error) {
  log.failure(error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const web = readWebConfiguration(
    values.port === undefined ? process.env : { ...process.env, ALPACA_WEB_PORT: values.port },
  );
  const { store: root, cache, logLevel, taskQueue } = readConfiguration();
  startLog(logLevel);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  // Lazy: the service stands while the server is down, and says so on its pages.
  const connection = Connection.lazy(connectionOptions);
  const client = new Client({ connection, namespace });
  const files = openStoreAt({ root, cache });
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  const server = `the Temporal server ${address} (namespace ${namespace})`;
  const tracing = await startTracing('alpaca-web');
  const app = await createWebService({
    runs: knownRuns({ client, store: files, server }),
    steering: runSteering({ client, store: files, server, taskQueue }),
    ratings: temporalRatings(client, files),
    store: files,
    place: {
      address,
      namespace,
      temporalUiUrl: web.temporalUiUrl,
      chatUrl: web.chatUrl,
    },
    host: web.host,
    token: web.token,
    ratersToken: web.ratersToken,
    trustedProxies: web.trustedProxies,
    chatToken: process.env.ALPACA_SERVE_TOKEN || null,
  });
  const url = await app.listen({ host: web.host, port: web.port }).catch((error) => {
    throw listenError(error, web.port);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(
      signal,
      () =>
        void app
          .close()
          .then(() => Promise.all([connection.close(), tracing.close()]))
          .then(() => process.exit(0)),
    );
  }
  process.stdout.write(`${JSON.stringify({ url })}\n`);
}

function listenError(error: unknown, port: number): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new AlpacaError('Configuration', `The port ${port} is in use.`, {
    remedy: 'Set ALPACA_WEB_PORT to another one, or to 0 for any that is free.',
    cause: error,
  });
}
