import type { MetricMeter } from '@temporalio/common';
import type { MetricsExporterConfig } from '@temporalio/worker';
import { METRICS, type Meter, type MetricName } from '../../activities/telemetry.ts';

/**
 * The exporter of Temporal's core: it serves `/metrics` on a thread of its own, so that a busy loop is seen too. Names
 * are as Prometheus has them: seconds, units in the name, counters with `_total`.
 *
 * @param bindAddress HOST:PORT
 */
export function exporterAt(bindAddress: string): MetricsExporterConfig {
  const buckets: Record<string, number[]> = {};
  for (const [name, metric] of Object.entries(METRICS))
    if ('buckets' in metric) buckets[name] = [...metric.buckets];
  return {
    attachServiceName: false,
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: buckets,
    },
  };
}

/** Measures with a Temporal meter. Each metric begins with its first value. */
export function meterOf(meter: MetricMeter): Meter {
  const kept = new Map<MetricName, ReturnType<typeof instrument>>();
  return (name, value, labels) => {
    const take = kept.get(name) ?? instrument(meter, name);
    kept.set(name, take);
    take(value, { ...labels });
  };
}

/** Without a unit: the exporter would put it behind a name that has it. */
function instrument(
  meter: MetricMeter,
  name: MetricName,
): (value: number, labels: Record<string, string>) => void {
  const { kind, help } = METRICS[name];
  if (kind === 'counter') {
    const counter = meter.createCounter(name, undefined, help);
    return (value, labels) => counter.add(value, labels);
  }
  if (kind === 'gauge') {
    const gauge = meter.createGauge(name, 'float', undefined, help);
    return (value, labels) => gauge.set(value, labels);
  }
  const histogram = meter.createHistogram(name, 'float', undefined, help);
  return (value, labels) => histogram.record(value, labels);
}

/** The names of our series as Prometheus has them: a counter with `_total`, a histogram's three. */
export function seriesOfOurs(): string[] {
  return Object.entries(METRICS).flatMap(([name, { kind }]) => {
    if (kind === 'counter') return [`${name}_total`];
    return kind === 'gauge' ? [name] : ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`);
  });
}
