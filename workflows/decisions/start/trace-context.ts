import { z } from 'zod';

/** W3C's Trace Context, as Temporal's SDKs hand it on: `00-TRACE-SPAN-FLAGS` in a header of theirs. */
export const TRACE_HEADER = '_tracer-data';

const carrier = z.object({ traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/) });

export interface TraceParent {
  traceId: string;
  spanId: string;
  flags: string;
}

/** What a header says; null where it says nothing that can be read: anybody can send one, with anything in it. */
export function readTraceParent(value: unknown): TraceParent | null {
  const { data } = carrier.safeParse(value);
  if (data === undefined) return null;
  const [, traceId = '', spanId = '', flags = ''] = data.traceparent.split('-');
  return { traceId, spanId, flags };
}

/** The span of a workflow's run: known before it is over, and the same whenever the run is replayed. */
export function spanOfRun(runId: string, { traceId, flags }: Omit<TraceParent, 'spanId'>): TraceParent {
  return { traceId, flags, spanId: runId.replaceAll('-', '').slice(16) };
}

/** The same of a run that nobody traced who started it: a trace of its own, named after it. */
export function rootOfRun(runId: string): TraceParent {
  return spanOfRun(runId, { traceId: runId.replaceAll('-', ''), flags: '01' });
}

export function carrierOf({ traceId, spanId, flags }: TraceParent): z.infer<typeof carrier> {
  return { traceparent: `00-${traceId}-${spanId}-${flags}` };
}
