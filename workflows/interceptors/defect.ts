import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { withoutDefect } from '../failed.ts';

/** Ends a workflow whose decisions find what cannot be, by its code and for good; of runs there is a record by then. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw withoutDefect(error);
        }
      },
    },
  ],
});
