import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { failed } from '../failed.ts';

/**
 * What runs where a worker has no workflow of a type. One that no version can have, such as `__proto__`, fails at
 * once. Any other may be known to a worker of a newer version: its task fails, and is tried again until one takes it.
 */
export async function unknownType(): Promise<never> {
  refuseImpossible();
  throw new TypeError(`This worker has no workflow ${workflowInfo().workflowType}.`);
}

/** The SDK takes what every object has, such as `toString`, for a workflow of ours. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        refuseImpossible();
        return next(input);
      },
    },
  ],
});

function refuseImpossible(): void {
  const { workflowType } = workflowInfo();
  if (workflowType in Object.prototype)
    throw failed('InvalidInput', `There is no workflow ${JSON.stringify(workflowType)}.`);
}
