import type { TestContext } from 'node:test';
import { METRICS, startTelemetry } from '../activities/telemetry.ts';

/** What is measured until the test ends, by series: sums of counters and histograms, latest values of gauges. */
export function measuredDuring(test: Pick<TestContext, 'after'>): Record<string, number> {
  const found: Record<string, number> = {};
  startTelemetry((name, value, labels) => {
    const pairs = Object.entries(labels).map(([label, given]) => `${label}="${given}"`);
    const series = pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`;
    found[series] = METRICS[name].kind === 'gauge' ? value : (found[series] ?? 0) + value;
  });
  test.after(() => startTelemetry(null));
  return found;
}
