import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRICS } from '../../../../activities/telemetry.ts';
import { seriesOfOurs } from '../../../../workers/fleet/metrics-exporter.ts';
import { AT_WORK, OF_FAILURES } from './sdk-series.ts';

const DEPLOY = new URL('../../../../deploy/', import.meta.url);
const read = (path: string) => readFile(new URL(path, DEPLOY), 'utf8');

const board = z.looseObject({
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string(),
      type: z.enum(['row', 'timeseries']),
      gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.looseObject({ refId: z.string(), expr: z.string() })).default([]),
    }),
  ),
});
const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

const { panels } = board.parse(JSON.parse(await read('grafana/alpaca.json')));
const alerts = rules.parse(parse(await read('prometheus/alerts.yml'))).groups.flatMap((group) => group.rules);
const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const known = new Set<string>([...seriesOfOurs(), ...AT_WORK, ...OF_FAILURES]);

/** Names of series in a query. */
const seriesIn = (query: string) => query.match(/\b(?:alpaca|temporal)_\w+/g) ?? [];

describe('the board and the alerts', () => {
  it('ask for series that workers have, and for nothing else', () => {
    const asked = [...shown, ...alerts.map(({ expr }) => expr)];
    assert.ok(asked.length > 40);
    for (const query of asked) {
      const found = seriesIn(query);
      assert.deepEqual(
        found.filter((name) => !known.has(name)),
        [],
        query,
      );
      assert.ok(found.length > 0 || query.startsWith('up{job="alpaca"} == 0'), query);
    }
  });

  it('select by labels that the metric has', () => {
    for (const query of [...shown, ...alerts.map(({ expr }) => expr)])
      for (const [, series = '', matchers = ''] of query.matchAll(/\b(alpaca_\w+)\{([^}]*)\}/g)) {
        const labels = [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
        const has = Object.entries(METRICS).find(([name]) => series.startsWith(name))?.[1].labels ?? [];
        assert.deepEqual(
          labels,
          labels.filter((label) => (has as readonly string[]).includes(label)),
          query,
        );
      }
  });

  it('leave nothing that is measured unseen', () => {
    const seen = new Set(shown.flatMap(seriesIn));
    const unseen = Object.keys(METRICS).filter(
      (name) => ![...seen].some((series) => series.startsWith(name)),
    );
    assert.deepEqual(unseen, []);
  });
});

describe('docs/observability.md', async () => {
  const page = await readFile(new URL('../docs/observability.md', DEPLOY), 'utf8');

  it('has a line for each metric, and for each alert', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+_\w+|[A-Z]\w+)` +\|/gm)].map(([, name]) => name);
    const metrics = Object.entries(METRICS).map(([name, { kind }]) =>
      kind === 'counter' ? `${name}_total` : name,
    );
    assert.deepEqual(rows, [...metrics, ...alerts.map(({ alert }) => alert)]);
  });

  it('says of each metric its labels and what it is', () => {
    for (const [name, { labels, help }] of Object.entries(METRICS)) {
      const line = page.split('\n').find((each) => each.startsWith(`| \`${name}`));
      assert.equal(
        line
          ?.split('|')
          .slice(2, 4)
          .map((cell) => cell.trim())
          .join('|'),
        `${labels.join(', ')}|${help}`,
      );
    }
  });
});

describe('the board', () => {
  it('has panels side by side, each with an id of its own', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const { gridPos } of panels) assert.ok(gridPos.x + gridPos.w <= 24);
    const taken = panels.flatMap(({ gridPos: { x, y } }) => [`${x} ${y}`]);
    assert.equal(new Set(taken).size, panels.length);
  });
});
