import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  carrierOf,
  readTraceParent,
  TRACE_HEADER,
  type TraceParent,
} from '../decisions/start/trace-context.ts';

/** The trace that headers name; null where they name none that can be read: anybody can send them. */
export function traceIn({ [TRACE_HEADER]: payload }: Headers): TraceParent | null {
  if (payload === undefined) return null;
  try {
    return readTraceParent(defaultPayloadConverter.fromPayload(payload));
  } catch {
    return null;
  }
}

/** The headers that name a trace. */
export function headersOf(parent: TraceParent): Headers {
  return { [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrierOf(parent)) };
}
