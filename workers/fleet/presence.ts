import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { presenceOf } from '../../workflows/contracts/run.ts';

/**
 * A poll of Temporal's own workers waits at the server for a minute, and so long nobody knows that who asked was
 * killed. These are shorter, in milliseconds.
 */
const POLL_MS = 20_000;

/** After so many milliseconds without a poll nobody is there. */
export const POLLED_WITHIN_MS = 35_000;

const AGAIN_MS = 1000;

/**
 * Polls, for each queue that a process works at, one beside it where nothing is ever put: a worker whose slots are
 * all taken polls its own no more, perhaps for days, and is known to be there by this.
 *
 * @param options how to connect: by a connection of its own, for a worker's cannot give up a poll, and who stops would
 *   wait for its end
 * @param identity who polls, as Temporal shows it: asked before each poll, for it may learn more of itself
 */
export function showPresence(
  options: ConnectionOptions,
  { namespace, identity, queues }: { namespace: string; identity: () => string; queues: readonly string[] },
): { close(): Promise<void> } {
  const connection = Connection.lazy(options);
  const ending = new AbortController();
  const { signal } = ending;
  const poll = async (queue: string) => {
    const taskQueue = { name: presenceOf(queue) };
    const once = () =>
      connection.workflowService.pollActivityTaskQueue({ namespace, taskQueue, identity: identity() });
    while (!signal.aborted) {
      const asked = connection.withAbortSignal(signal, () =>
        connection.withDeadline(Date.now() + POLL_MS, once),
      );
      // A server that is away is told of by Temporal's own lines.
      await asked.catch(() => sleep(AGAIN_MS, undefined, { signal }).catch(() => {}));
    }
  };
  const polling = queues.map(poll);
  return {
    async close() {
      ending.abort();
      await Promise.all(polling);
      await connection.close();
    },
  };
}
