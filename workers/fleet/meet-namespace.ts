import proto from '@temporalio/proto';
import type { NativeConnection } from '@temporalio/worker';
import { AlpacaError } from '../../activities/errors.ts';
import { log } from '../../activities/log.ts';
import {
  checkSearchAttributes,
  type NamespaceAddress,
  registerRemedy,
  schedulingNotice,
} from './namespace.ts';

const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;

/**
 * Looks at the namespace before a worker works in it: unregistered search attributes fail a workflow task for
 * ever, so without them it is better not to start at all. What cannot be asked is said, and stops nobody.
 *
 * @throws AlpacaError Configuration where search attributes are missing
 */
export async function meetNamespace(
  { workflowService }: NativeConnection,
  place: NamespaceAddress,
  taskQueue: string,
): Promise<void> {
  const { namespace } = place;
  const { missing, unchecked } = await checkSearchAttributes({
    count: (query) => workflowService.countWorkflowExecutions({ namespace, query }),
  });
  if (missing.length > 0)
    throw new AlpacaError(
      'Configuration',
      `The namespace ${namespace} lacks the search attributes ${missing.map(({ name }) => name).join(', ')}.`,
      { remedy: registerRemedy(place, missing) },
    );
  if (unchecked !== null)
    log.warn(
      'It could not be seen whether the namespace has the search attributes of runs; without them no run goes on.',
      {
        namespace,
        reason: unchecked,
      },
    );
  const notice = await schedulingOf(workflowService, namespace, taskQueue).catch((error: unknown) => {
    log.info('It could not be seen whether the server heeds priorities.', { reason: String(error) });
    return null;
  });
  if (notice !== null) {
    const { level, message } = schedulingNotice(place, notice);
    log.write(level, message);
  }
}

async function schedulingOf(
  workflowService: NativeConnection['workflowService'],
  namespace: string,
  taskQueue: string,
) {
  const [{ serverVersion }, { statsByPriorityKey }] = await Promise.all([
    workflowService.getSystemInfo({}),
    workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
      reportStats: true,
    }),
  ]);
  return { version: serverVersion, hasPriorities: Object.keys(statsByPriorityKey).length > 0 };
}
