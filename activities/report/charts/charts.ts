import { type Histogram, roundUp } from '../../document/histogram.ts';
import { html, type Markup } from '../../document/html.ts';

/** Charts as inline SVG: no script, no colours of their own (the page's style gives them by class). */

const WIDTH = 520;
const HEIGHT = 200;
const MARGIN = { left: 56, right: 12, top: 28, bottom: 40 };
const INNER_WIDTH = WIDTH - MARGIN.left - MARGIN.right;
const INNER_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom;

export interface Point {
  x: number;
  y: number;
}

/** `title` is what a screen reader says; `unit` names the horizontal axis. */
export function histogramChart(
  histogram: Histogram,
  { title, unit }: { title: string; unit: string },
): Markup {
  const bars = histogram.beyond > 0 ? [...histogram.bars, histogram.beyond] : histogram.bars;
  const highest = lastTick(Math.max(1, ...bars));
  const barWidth = INNER_WIDTH / bars.length;
  const drawn = bars.map((count, bar) => {
    const height = (count / highest) * INNER_HEIGHT;
    const from = tick(bar * histogram.width);
    const range =
      bar < histogram.bars.length ? `${from} to ${tick((bar + 1) * histogram.width)}` : `${from} or more`;
    return html`<rect class="bar" x="${round(MARGIN.left + bar * barWidth + 0.5)}" y="${round(MARGIN.top + INNER_HEIGHT - height)}" width="${round(Math.max(1, barWidth - 1))}" height="${round(height)}"><title>${range} ${unit}: ${count}</title></rect>`;
  });
  const every = Math.max(1, Math.ceil(bars.length / 10));
  const labels = bars.flatMap((_, bar) =>
    bar % every === 0
      ? [
          axisLabel(
            MARGIN.left + bar * barWidth,
            HEIGHT - MARGIN.bottom + 16,
            tick(bar * histogram.width),
            'middle',
          ),
        ]
      : [],
  );
  return frame(title, unit, [...verticalAxis(highest), ...drawn, ...labels]);
}

/** Horizontal bars with their names beside them, in the order given. */
export function barChart(
  bars: readonly { name: string; value: number }[],
  { title, unit }: { title: string; unit: string },
): Markup {
  const step = 22;
  const left = 170;
  const height = bars.length * step + 8;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const drawn = bars.map(({ name, value }, index) => {
    const y = index * step + 4;
    const width = (value / most) * (WIDTH - left - 70);
    return html`${axisLabel(left - 8, y + 13, name, 'end')}<rect class="bar" x="${left}" y="${y}" width="${round(width)}" height="${step - 5}"><title>${name}: ${value} ${unit}</title></rect>${axisLabel(left + width + 6, y + 13, tick(value), 'start')}`;
  });
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
${drawn}
</svg>`;
}

export interface Line {
  name: string;
  points: readonly Point[];
}

/**
 * Lines over a shared horizontal axis that starts at the smallest x; the vertical axis starts at zero.
 * Long lines are averaged to at most 400 points, the points of short ones are marked, and several lines are
 * named above. `isEqual` gives all lines the same weight.
 */
export function lineChart(
  lines: readonly Line[],
  { title, unit, isEqual = false }: { title: string; unit: string; isEqual?: boolean },
): Markup {
  const all = lines.flatMap(({ points }) => points).filter(({ y }) => Number.isFinite(y));
  const left = all.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY);
  const last = all.reduce((most, { x }) => Math.max(most, x), left);
  const right = last > left ? last : left + 1;
  const highest = lastTick(all.reduce((most, { y }) => Math.max(most, y), 0) || 1);
  const across = (x: number) => round(MARGIN.left + ((x - left) / (right - left)) * INNER_WIDTH);
  const up = (y: number) => round(MARGIN.top + (1 - y / highest) * INNER_HEIGHT);
  const drawn = lines.map(({ name, points }, line) => {
    const path = averaged(points, 400).map(({ x, y }) => `${across(x)},${up(y)}`);
    const marks =
      points.length <= MARKED
        ? points.map(
            ({ x, y }) => html`<circle class="mark mark-${line}" cx="${across(x)}" cy="${up(y)}" r="3.5"/>`,
          )
        : null;
    return html`<polyline class="line line-${line}" points="${path.join(' ')}"><title>${name}</title></polyline>${marks}`;
  });
  const labels = ticksUpTo(right)
    .filter((x) => x >= left)
    .map((x) => axisLabel(across(x), HEIGHT - MARGIN.bottom + 16, tick(x), 'middle'));
  const inside = [...verticalAxis(highest), ...drawn, ...labels, ...(lines.length > 1 ? legend(lines) : [])];
  return frame(title, unit, inside, isEqual ? 'chart equal' : 'chart');
}

/** Points of a line up to which each is marked. */
const MARKED = 12;

/** The lines' names above the chart, each behind a piece of its line. */
function legend(lines: readonly Line[]): Markup[] {
  const breadth = INNER_WIDTH / lines.length;
  return lines.map(({ name }, line) => {
    const x = round(MARGIN.left + line * breadth);
    const fits = Math.floor((breadth - 30) / 6.4);
    const shown = name.length <= fits ? name : `${name.slice(0, fits - 1)}…`;
    return html`<line class="line line-${line}" x1="${x}" y1="12" x2="${x + 20}" y2="12"/>${axisLabel(x + 26, 16, shown, 'start')}`;
  });
}

/** Means of runs of equal length, so that a line of any length stays small and keeps its course. */
export function averaged(points: readonly Point[], most: number): Point[] {
  const run = Math.ceil(points.length / most) || 1;
  const means: Point[] = [];
  for (let start = 0; start < points.length; start += run) {
    const part = points.slice(start, start + run);
    const sum = part.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
    means.push({ x: sum.x / part.length, y: sum.y / part.length });
  }
  return means;
}

function frame(title: string, unit: string, inside: Markup[], className = 'chart'): Markup {
  const bottom = HEIGHT - MARGIN.bottom;
  return html`<svg class="${className}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<title>${title}</title>
${inside}
<line class="axis" x1="${MARGIN.left}" y1="${bottom}" x2="${WIDTH - MARGIN.right}" y2="${bottom}"/>
${axisLabel(MARGIN.left + INNER_WIDTH / 2, HEIGHT - 6, unit, 'middle')}
</svg>`;
}

/** Grid lines and labels from zero to `highest`, which is the last of its own ticks. */
function verticalAxis(highest: number): Markup[] {
  return ticksUpTo(highest).flatMap((value) => {
    const y = round(MARGIN.top + (1 - value / highest) * INNER_HEIGHT);
    return [
      html`<line class="grid" x1="${MARGIN.left}" y1="${y}" x2="${WIDTH - MARGIN.right}" y2="${y}"/>`,
      axisLabel(MARGIN.left - 6, y + 4, tick(value), 'end'),
    ];
  });
}

/** Multiples of a round step, at most six of them, from zero to `end`. */
function ticksUpTo(end: number): number[] {
  const step = roundUp(end / 5);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** The first round tick at or above `value`. */
function lastTick(value: number): number {
  const step = roundUp(value / 5);
  return Math.ceil(value / step - 1e-9) * step;
}

function axisLabel(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): Markup {
  return html`<text class="label" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${text}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function tick(value: number): string {
  if (Math.abs(value) >= 1) return round(value).toLocaleString('en-US');
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
