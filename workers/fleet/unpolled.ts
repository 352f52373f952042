import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { presenceOf, taskQueuesOf, WORKER_ROLES, type WorkerRole } from '../../workflows/contracts/run.ts';
import { shellWord } from '../../workflows/decisions/screen/shell-word.ts';
import { POLLED_WITHIN_MS } from './presence.ts';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

/** What is asked of the server. */
export interface QueueCalls {
  /** when each worker polled a queue of activities last, in milliseconds of the clock */
  lastPolls(taskQueue: string): Promise<number[]>;
}

/** The roles of a fleet that no living worker has. */
export async function unpolledRoles(
  calls: QueueCalls,
  taskQueue: string,
  now = Date.now(),
): Promise<WorkerRole[]> {
  const queues = taskQueuesOf(taskQueue);
  const found = await Promise.all(WORKER_ROLES.map((role) => calls.lastPolls(presenceOf(queues[role]))));
  return WORKER_ROLES.filter((_, index) => !found[index]?.some((at) => now - at < POLLED_WITHIN_MS));
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
    async lastPolls(name) {
      const { pollers } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
      });
      return pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000);
    },
  };
}
