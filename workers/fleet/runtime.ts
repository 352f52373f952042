import { DefaultLogger, Runtime, type LogLevel as TemporalLevel } from '@temporalio/worker';
import { AlpacaError } from '../../activities/errors.ts';
import { type LogLevel, log, startLog } from '../../activities/log.ts';
import { startTelemetry } from '../../activities/telemetry.ts';
import { exporterAt, meterOf } from './metrics-exporter.ts';

interface RuntimeSettings {
  logLevel: LogLevel;
  /** where Prometheus finds the metrics of this process; null: nowhere, and nothing is measured */
  metrics: { host: string; port: number } | null;
}

/**
 * Temporal's SDK and its core write to the log of this process, and serve their metrics and ours.
 *
 * @returns where the metrics are; null where they are nowhere
 * @throws AlpacaError Configuration where they cannot be served there
 */
export function installRuntime(
  { logLevel, metrics }: RuntimeSettings,
  shutdownSignals: readonly NodeJS.Signals[],
): string | null {
  startLog(logLevel);
  const asTemporal = logLevel.toUpperCase() as TemporalLevel;
  try {
    Runtime.install({
      logger: new DefaultLogger(asTemporal, ({ level: at, message, meta }) => {
        if (isWorthSaying(message)) log.write(at.toLowerCase() as LogLevel, message, meta);
      }),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: CORE_LEVEL[logLevel], other: 'ERROR' } },
        ...(metrics === null ? {} : { metrics: exporterAt(addressOf(metrics)) }),
      },
      shutdownSignals: [...shutdownSignals],
    });
  } catch (error) {
    if (metrics === null) throw error;
    throw new AlpacaError('Configuration', `The worker’s metrics cannot be served: ${String(error)}.`, {
      remedy: `Set ALPACA_METRICS_PORT to another port than ${metrics.port}, or unset it.`,
      cause: error,
    });
  }
  if (metrics === null) return null;
  startTelemetry(meterOf(Runtime.instance().metricMeter));
  return `http://${addressOf(metrics)}/metrics`;
}

function addressOf({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** That a role has no other work is by design; of a server that is away each poll would say so again and again. */
function isWorthSaying(message: string): boolean {
  if (/^No (activities|workflows|Nexus services) registered/.test(message)) return false;
  if (!message.startsWith('gRPC call ')) return true;
  const isDue = Date.now() - retriesSaidAt >= RETRIES_SAID_EVERY_MS;
  if (isDue) retriesSaidAt = Date.now();
  return isDue;
}

const RETRIES_SAID_EVERY_MS = 10_000;
let retriesSaidAt = Number.NEGATIVE_INFINITY;

/** What the core says at INFO is of no use to an operator. */
const CORE_LEVEL = { trace: 'TRACE', debug: 'DEBUG', info: 'WARN', warn: 'WARN', error: 'ERROR' } as const;
