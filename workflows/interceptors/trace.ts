import { ApplicationFailure, type Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  isCancellation,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from '@temporalio/workflow';
import { spanOfRun, type TraceParent } from '../decisions/start/trace-context.ts';
import { headersOf, traceIn } from './trace-header.ts';

export interface TraceSinks extends Sinks {
  /** tells of a run that is over; `failure` is a code, null where there is none */
  traces: { ran(run: { parent: TraceParent | null; failure: string | null }): void };
}

const { traces } = proxySinks<TraceSinks>();

/**
 * Hands the trace that a run is of on to its activities and children, as children of the run's own span, and to the run
 * that it continues as. Headers are no command: a history replays whether there were any or not.
 */
export function interceptors(): WorkflowInterceptors {
  let own: Headers = {};
  let given: Headers = {};
  const telling = <Input extends { readonly headers: Headers }>(input: Input): Input => ({
    ...input,
    headers: { ...input.headers, ...own },
  });
  return {
    inbound: [
      {
        async execute(input, next) {
          const parent = traceIn(input.headers);
          if (parent !== null) {
            own = headersOf(spanOfRun(workflowInfo().runId, parent));
            given = headersOf(parent);
          }
          try {
            const result = await next(input);
            traces.ran({ parent, failure: null });
            return result;
          } catch (error) {
            traces.ran({ parent, failure: failureOf(error) });
            throw error;
          }
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(telling(input)),
        scheduleLocalActivity: (input, next) => next(telling(input)),
        startChildWorkflowExecution: (input, next) => next(telling(input)),
        continueAsNew: (input, next) => next({ ...input, headers: { ...input.headers, ...given } }),
      },
    ],
  };
}

function failureOf(error: unknown): string | null {
  if (error instanceof ContinueAsNew) return null;
  if (isCancellation(error)) return 'cancelled';
  if (error instanceof ApplicationFailure) return error.type ?? 'failed';
  return error instanceof Error ? error.name : 'failed';
}
