import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { presenceOf, taskQueuesOf, WORKER_ROLES, type WorkerRole } from '../../workflows/contracts/run.ts';
import { shellWord } from '../../workflows/decisions/screen/shell-word.ts';
import { POLLED_WITHIN_MS } from './presence.ts';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

/** What is asked of the server. */
export interface QueueCalls {
  pollers(taskQueue: string): Promise<Poller[]>;
}

interface Poller {
  /** what a process says of itself */
  identity: string;
  /** when it polled a queue of activities last, in milliseconds of the clock */
  polledAt: number;
}

/** What the living workers of each role say of themselves, sorted. */
export async function livingWorkers(
  calls: QueueCalls,
  taskQueue: string,
  now = Date.now(),
): Promise<Record<WorkerRole, string[]>> {
  const queues = taskQueuesOf(taskQueue);
  const ofRole = async (role: WorkerRole) => {
    const pollers = await calls.pollers(presenceOf(queues[role]));
    const living = pollers
      .filter(({ polledAt }) => now - polledAt < POLLED_WITHIN_MS)
      .map(({ identity }) => identity);
    // One that has found out what it computes on is listed as it was before, too, for a while.
    return living.filter((one) => !living.some((other) => other.startsWith(`${one} `))).sort();
  };
  const [workflows, requests, processing, gpu] = await Promise.all([
    ofRole('workflows'),
    ofRole('requests'),
    ofRole('processing'),
    ofRole('gpu'),
  ]);
  return { workflows, requests, processing, gpu };
}

/** The roles of a fleet that no living worker has. */
export async function unpolledRoles(
  calls: QueueCalls,
  taskQueue: string,
  now = Date.now(),
): Promise<WorkerRole[]> {
  const living = await livingWorkers(calls, taskQueue, now);
  return WORKER_ROLES.filter((role) => living[role].length === 0);
}

/** What waits, and which worker to start; null where every queue is polled. */
export function unpolledText(taskQueue: string, roles: readonly WorkerRole[]): string | null {
  if (roles.length === 0) return null;
  const queues = taskQueuesOf(taskQueue);
  const fleet = taskQueue === 'alpaca' ? '' : `ALPACA_TASK_QUEUE=${shellWord(taskQueue)} `;
  const data = roles.filter((role) => role !== 'gpu');
  const some = data.length < WORKER_ROLES.length - 1 ? `ALPACA_WORKER_ROLES=${data.join(',')} ` : '';
  const remedies = [
    ...(data.length === 0 ? [] : [`start a data worker: ${fleet}${some}node workers/data-worker.ts`]),
    ...(roles.includes('gpu') ? [`start a GPU worker: ${fleet}node workers/gpu-worker.ts`] : []),
  ];
  const names = roles.map((role) => queues[role]).join(', ');
  const remedy = remedies.join('; ');
  return `No worker polls ${names}, and what is for ${roles.length === 1 ? 'it' : 'them'} waits. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
}

/** Asks Temporal; describing a queue needs a namespace's rights alone. */
export function queueCalls({
  workflowService,
  namespace,
}: {
  workflowService: ConnectionLike['workflowService'];
  namespace: string;
}): QueueCalls {
  return {
    async pollers(name) {
      const { pollers } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
      });
      return pollers.map(({ identity, lastAccessTime }) => ({
        identity: identity ?? '',
        polledAt: Number(lastAccessTime?.seconds ?? 0) * 1000,
      }));
    },
  };
}
