import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METRICS, measure } from '../../../activities/telemetry.ts';
import { measuredDuring } from '../../measured.ts';

describe('what is measured', () => {
  it('is heard by nobody until a service says where it goes', (test) => {
    measure('alpaca_rows_asked', 20);
    const found = measuredDuring(test);
    assert.deepEqual(found, {});
    measure('alpaca_rows_asked', 20);
    measure('alpaca_rows_dropped', 3, { step: 'generate', rule: 'similar' });
    assert.deepEqual(found, {
      alpaca_rows_asked: 20,
      'alpaca_rows_dropped{step="generate", rule="similar"}': 3,
    });
  });

  it('leaves out what is no number, or less than nothing', (test) => {
    const found = measuredDuring(test);
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, -1]) measure('alpaca_training_loss_nats', loss);
    assert.deepEqual(found, {});
  });
});

describe('a metric’s name', () => {
  it('has the prefix, and a base unit where it has one, as Prometheus asks for', () => {
    for (const [name, { kind, help }] of Object.entries(METRICS)) {
      assert.match(name, /^alpaca(_[a-z]+)+$/);
      assert.doesNotMatch(name, /_(total|milliseconds|ms|usd|percent|mib)$/);
      if (kind === 'histogram') assert.match(name, /_(seconds|dollars)$/);
      assert.ok(help.length > 10, name);
    }
  });

  it('comes with labels of few values: no run, no prompt, no key, no artifact', () => {
    const labels = new Set(Object.values(METRICS).flatMap((metric): readonly string[] => metric.labels));
    assert.deepEqual([...labels].sort(), [
      ...['direction', 'kind', 'outcome', 'profile', 'reason', 'rule', 'step'],
    ]);
  });
});
