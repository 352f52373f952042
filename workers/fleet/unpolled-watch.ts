import type { Client } from '@temporalio/client';
import { log } from '../../activities/log.ts';
import { queueCalls, unpolledRoles, unpolledText } from './unpolled.ts';

const LOOK_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5000;

/** Says in the log when a queue of the fleet loses its last worker, and when all have one again. */
export function watchUnpolled(client: Client, taskQueue: string): { close(): void } {
  const { workflowService, options } = client;
  const calls = queueCalls({ workflowService, namespace: options.namespace });
  let said: string | null = null;
  const look = async () => {
    const roles = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      unpolledRoles(calls, taskQueue),
    );
    const found = unpolledText(taskQueue, roles);
    if (found === said) return;
    said = found;
    if (found === null) log.info('Every queue of the fleet is polled.', { taskQueue });
    else log.warn(found);
  };
  // A server that does not answer is told of by Temporal's own lines.
  const looking = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS);
  return { close: () => clearInterval(looking) };
}
