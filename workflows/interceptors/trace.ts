import { ApplicationFailure, defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  isCancellation,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from '@temporalio/workflow';
import {
  carrierOf,
  readTraceParent,
  spanOfRun,
  TRACE_HEADER,
  type TraceParent,
} from '../decisions/start/trace-context.ts';

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
          const parent = parentIn(input.headers);
          if (parent !== null) {
            const span = carrierOf(spanOfRun(workflowInfo().runId, parent));
            own = { [TRACE_HEADER]: defaultPayloadConverter.toPayload(span) };
            given = { [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrierOf(parent)) };
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

function parentIn({ [TRACE_HEADER]: payload }: Headers): TraceParent | null {
  if (payload === undefined) return null;
  try {
    return readTraceParent(defaultPayloadConverter.fromPayload(payload));
  } catch {
    return null;
  }
}

function failureOf(error: unknown): string | null {
  if (error instanceof ContinueAsNew) return null;
  if (isCancellation(error)) return 'cancelled';
  if (error instanceof ApplicationFailure) return error.type ?? 'failed';
  return error instanceof Error ? error.name : 'failed';
}
