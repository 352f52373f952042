import type { NativeConnection, Worker } from '@temporalio/worker';
import { ASK_EVERY_MS, type HealthServer, serveHealth } from './health.ts';

/** A call that the server does not answer is given up after this, and made again. */
const ANSWER_WITHIN_MS = 4000;

/**
 * Serves the health of workers that share a process and a connection; without a place to serve it at, nothing
 * is asked and nothing listens.
 *
 * @throws AlpacaError Configuration where it cannot listen
 */
export async function watchHealth(
  place: { host: string; port: number } | null,
  connection: NativeConnection,
  workers: readonly Worker[],
): Promise<{ url: string | null; close(): Promise<void> }> {
  if (place === null) return { url: null, close: async () => {} };
  let answeredAt = Date.now();
  const ask = async () => {
    const deadline = Date.now() + ANSWER_WITHIN_MS;
    await connection
      .withDeadline(deadline, () => connection.workflowService.getSystemInfo({}))
      .then(
        () => {
          answeredAt = Date.now();
        },
        () => {}, // its silence is what is told
      );
  };
  const asking = setInterval(() => void ask(), ASK_EVERY_MS);
  const notPolling = () => {
    const idle = workers.find((worker) => worker.getState() !== 'RUNNING');
    return idle === undefined
      ? null
      : `the worker of ${idle.options.taskQueue} is ${idle.getState().toLowerCase()}`;
  };
  const server: HealthServer = await serveHealth(place, () => ({ answeredAt, notPolling: notPolling() }));
  return {
    url: server.url,
    async close() {
      clearInterval(asking);
      await server.close();
    },
  };
}
