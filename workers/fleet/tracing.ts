import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import { traced, traceHeaders } from '../../activities/tracing.ts';
import {
  rootOfRun,
  spanOfRun,
  TRACE_HEADER,
  type TraceParent,
} from '../../workflows/decisions/start/trace-context.ts';
import type { TraceSinks } from '../../workflows/interceptors/trace.ts';
import { traceIn } from '../../workflows/interceptors/trace-header.ts';

/** What a process needs to be seen in traces. */
export interface Tracing {
  sinks: InjectedSinks<TraceSinks>;
  activities: ActivityInterceptorsFactory[];
  /** sends what is left, for some seconds at the most */
  close(): Promise<void>;
}

const OFF: Tracing = { sinks: { traces: { ran: { fn() {} } } }, activities: [], close: async () => {} };

/**
 * Sends the spans of this process by OTLP over HTTP, where OTEL_EXPORTER_OTLP_ENDPOINT (or its variable for traces) says
 * to whom; the other variables of OpenTelemetry's exporter count too. Elsewhere nothing of it is loaded.
 *
 * @param service what the process is called there, unless OTEL_SERVICE_NAME says so
 */
export async function startTracing(service: string): Promise<Tracing> {
  const { env } = process;
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return OFF;
  const [{ OTLPTraceExporter }, { AsyncLocalStorageContextManager }, core, resources, sdk] =
    await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ]);
  const random = new sdk.RandomIdGenerator();
  /** of the next span, where it has ids of its own */
  let chosen: TraceParent | null = null;
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME || service }),
    idGenerator: {
      generateTraceId: () => chosen?.traceId ?? random.generateTraceId(),
      generateSpanId: () => chosen?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer('alpaca-temporal');
  return {
    sinks: {
      traces: {
        ran: {
          fn({ workflowId, runId, workflowType, runStartTime }, { parent, failure }) {
            chosen = parent === null ? rootOfRun(runId) : spanOfRun(runId, parent);
            const attributes = { temporalWorkflowID: workflowId, temporalRunID: runId };
            const options = { startTime: runStartTime, attributes };
            const span = tracer.startSpan(`RunWorkflow:${workflowType}`, options, contextOf(parent));
            chosen = null;
            if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
            span.end();
          },
        },
      },
    },
    activities: [tracedActivity],
    close: () => Promise.race([provider.shutdown().catch(() => {}), late(CLOSE_WITHIN_MS)]),
  };
}

const CLOSE_WITHIN_MS = 5000;

function late(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

const tracedActivity: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute(input, next) {
      const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
      const parent = traceIn(input.headers) ?? (runId === '' ? null : rootOfRun(runId));
      const { activityType, activityId, attempt } = info;
      const attributes = { temporalWorkflowID: workflowId, temporalRunID: runId };
      return context.with(contextOf(parent), () =>
        traced(
          `RunActivity:${activityType}`,
          { ...attributes, temporalActivityID: activityId, 'alpaca.attempt': attempt },
          () => next(input),
        ),
      );
    },
  },
});

/** Of a client: a run that it starts is of the trace that is open, in a span of its own. */
export const tracedStarts: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    traced(
      `StartWorkflow:${input.workflowType}`,
      { temporalWorkflowID: input.options.workflowId },
      () => {
        const carrier = traceHeaders();
        if (carrier.traceparent === undefined) return next(input);
        const header = { [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) };
        return next({ ...input, headers: { ...input.headers, ...header } });
      },
      'CLIENT',
    ),
};

function contextOf(parent: TraceParent | null) {
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parent;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
