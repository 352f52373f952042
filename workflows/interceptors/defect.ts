import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { Defect } from '../contracts/failures.ts';
import { failed } from '../failed.ts';

/** Ends a workflow whose decisions find what cannot be, by its code and for good. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw error instanceof Defect ? failed(error.name, `${error.message}.`) : error;
        }
      },
    },
  ],
});
