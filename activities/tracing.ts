import type { IncomingHttpHeaders } from 'node:http';
import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlpacaError } from './errors.ts';

/**
 * Spans of OpenTelemetry, for whoever follows one request through processes. Without an exporter (`workers/fleet/tracing.ts`)
 * they are nothing, and the work is called as it is. None has a prompt, an answer or a key.
 */

/** Does work in a span of its own; where it fails the span has the failure's code, and not what it says. */
export function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
  kind: keyof typeof SpanKind = 'INTERNAL',
): Promise<Result> {
  const tracer = trace.getTracer('alpaca-temporal');
  return tracer.startActiveSpan(name, { attributes, kind: SpanKind[kind] }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const message =
        error instanceof AlpacaError ? error.code : error instanceof Error ? error.name : 'unknown';
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Does work below the span that a caller's headers name, if they do. */
export function belowCaller<Result>(headers: IncomingHttpHeaders, work: () => Result): Result {
  return context.with(propagation.extract(context.active(), headers), work);
}

/** What tells another program of the span that is open: `traceparent` of W3C's Trace Context; nothing where none is. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}
