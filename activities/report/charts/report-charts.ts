import type { RequestYield } from '../../../workflows/contracts/generate.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { count, percentOf } from '../../document/figures.ts';
import type { Histogram } from '../../document/histogram.ts';
import type { ReportContents } from '../report-contents.ts';
import { decimal, type ReportChart, type Table } from '../sections/elements.ts';
import { averaged, barChart, histogramChart, lineChart, type Point } from './charts.ts';
import { sunburst } from './sunburst.ts';

/** Every chart that the contents have figures for: the page's, and the pictures of `alpaca report --png`. */
export function chartsOf(contents: ReportContents): ReportChart[] {
  return [
    diversityChart(contents),
    classChart(contents),
    ...lengthCharts(contents),
    yieldChart(contents),
    spendingChart(contents),
    ...lossCharts(contents),
  ].filter((chart) => chart !== null);
}

export function diversityChart({ analysis: { verbs } }: ReportContents): ReportChart | null {
  if (verbs.top.length === 0) return null;
  const slices = verbs.top.map(({ verb, nouns }) => ({
    name: verb,
    parts: nouns.map(({ noun, rows }) => ({ name: noun, value: rows })),
  }));
  const shown = verbs.top.reduce(
    (sum, { nouns }) => sum + nouns.reduce((inner, { rows }) => inner + rows, 0),
    0,
  );
  return {
    name: 'verbs-and-nouns',
    drawing: sunburst(slices, {
      title: `The ${verbs.top.length} most frequent root verbs and the nouns that they ask for`,
    }),
    caption: `Inner ring: the ${verbs.top.length} most frequent root verbs; outer ring: of each the 4 most frequent direct noun objects. The pairs drawn are ${percentOf(shown, verbs.withPair)} of the ${count(verbs.withPair)} instructions with both.`,
    table: {
      columns: ['verb', 'instructions', 'most frequent objects'],
      words: ['most frequent objects'],
      rows: verbs.top.map(({ verb, rows, nouns }) => [
        verb,
        rows,
        nouns.map(({ noun, rows }) => `${noun} ${count(rows)}`).join(', '),
      ]),
    },
  };
}

export function classChart({ statistics, analysis }: ReportContents): ReportChart | null {
  if (statistics.rows === 0) return null;
  return {
    name: 'classes',
    drawing: barChart(
      analysis.classes.map(({ name, rows }) => ({ name, value: rows })),
      { title: 'Rows by class of instruction', unit: 'rows' },
    ),
    caption: 'Rows by class of instruction, as words and shape tell it.',
    table: {
      columns: ['class', 'rows', 'share'],
      rows: analysis.classes.map(({ name, rows }) => [name, rows, percentOf(rows, statistics.rows)]),
    },
  };
}

export function lengthCharts({ statistics, nearest }: ReportContents): ReportChart[] {
  return [
    lengthChart('instruction-words', 'Instruction', statistics.instructionWords),
    ...(statistics.withInput > 0
      ? [lengthChart('input-words', 'Input, where there is one', statistics.inputWords)]
      : []),
    lengthChart('output-words', 'Output', statistics.outputWords),
    ...(nearest === null
      ? []
      : [
          lengthChart(
            'nearest-neighbour',
            'Likeness to the nearest instruction before it',
            nearest,
            'ROUGE-L',
          ),
        ]),
  ];
}

function lengthChart(name: string, what: string, histogram: Histogram, unit = 'words'): ReportChart {
  const { mean, median, most } = histogram;
  return {
    name,
    drawing: histogramChart(histogram, { title: `${what}: rows by ${unit}`, unit }),
    caption: `${what}: mean ${decimal(mean)}, median ${decimal(median)}, most ${decimal(most)} ${unit}`,
    table: histogramTable(histogram, unit),
  };
}

function histogramTable({ bars, width, beyond }: Histogram, unit: string): Table {
  const edge = (bar: number) => decimal(Math.round(bar * width * 1e9) / 1e9);
  return {
    columns: [unit, 'rows'],
    rows: [
      ...bars.map((rows, bar): [string, number] => [
        width === 1 ? edge(bar) : `${edge(bar)} to below ${edge(bar + 1)}`,
        rows,
      ]),
      ...(beyond > 0 ? [[`${edge(bars.length)} or more`, beyond] as const] : []),
    ],
  };
}

/** How the yield went: what a request brought, and how much of that the run had already. */
export function yieldChart({ requests }: ReportContents): ReportChart | null {
  if (requests.length < 2) return null;
  const rowsOf = (rows: (line: RequestYield) => number) =>
    averaged(
      requests.map((line) => ({ x: line.request, y: rows(line) })),
      60,
    );
  const tenth = Math.ceil(requests.length / 10);
  const first = meanAccepted(requests.slice(0, tenth));
  const last = meanAccepted(requests.slice(-tenth));
  const accepted = rowsOf((line) => line.accepted);
  const similar = rowsOf((line) => line.similar);
  return {
    name: 'yield',
    drawing: lineChart(
      [
        { name: 'accepted', points: accepted },
        { name: 'too similar to an earlier row', points: similar },
      ],
      { title: 'Rows of each request: accepted, and too similar', unit: 'request', isEqual: true },
    ),
    caption: `Rows of each request, the mean of neighbours. Accepted: ${first} a request in the first tenth of the run, ${last} in the last.`,
    table: pointsTable('request', ['accepted', 'too similar'], [accepted, similar]),
  };
}

function meanAccepted(requests: readonly RequestYield[]): string {
  return decimal(requests.reduce((sum, { accepted }) => sum + accepted, 0) / requests.length);
}

/** Cost by the clock; where the teacher is free, tokens. */
export function spendingChart({ spending, run }: ReportContents): ReportChart | null {
  const [first] = spending;
  const last = spending.at(-1);
  if (!first || !last || first === last) return null;
  const isFree = spending.every(({ costUsd }) => costUsd === 0);
  const [unit, milliseconds] = unitOf(last.at - first.at);
  let sum = 0;
  const points: Point[] = spending.map(({ at, costUsd, completionTokens }) => {
    sum += isFree ? completionTokens : costUsd;
    return { x: (at - first.at) / milliseconds, y: sum };
  });
  const what = isFree ? 'tokens in completions' : 'dollars';
  const total = isFree ? `${count(sum)} tokens` : usd(sum);
  const part = run?.generate?.selfInstruct ? ' of the instances, the last of three stages' : '';
  return {
    name: isFree ? 'tokens-over-time' : 'cost-over-time',
    drawing: lineChart([{ name: what, points }], { title: `Sum of ${what} by ${unit}`, unit }),
    caption: `${isFree ? 'The teacher is free: tokens' : 'Cost'}${part} over time: ${total} in ${decimal((last.at - first.at) / milliseconds)} ${unit}, by when the ledger recorded each request’s answer. An answer of an earlier run has its own time.`,
    table: pointsTable(unit, [what], [points]),
  };
}

function unitOf(span: number): readonly [string, number] {
  if (span > 2 * 3_600_000) return ['hours', 3_600_000];
  return span > 120_000 ? ['minutes', 60_000] : ['seconds', 1000];
}

export function lossCharts({ losses, run }: ReportContents): ReportChart[] {
  const [first] = losses;
  if (first === undefined) return [];
  const points = losses.map(({ step, loss }) => ({ x: step, y: loss }));
  const smooth = averaged(points, Math.min(points.length, 40));
  const heldOut = run?.train?.loss;
  const lines = [
    { name: 'each step', points },
    { name: 'mean of steps', points: smooth },
  ];
  if (heldOut) {
    const last = (losses.at(-1)?.step ?? first.step) + 1;
    lines.push({
      name: 'held out',
      points: [
        { x: first.step, y: heldOut.before },
        { x: last, y: heldOut.after },
      ],
    });
  }
  const rates = losses.flatMap(({ step, learningRate }) =>
    learningRate === undefined ? [] : [{ x: step, y: learningRate }],
  );
  return [
    {
      name: 'loss',
      drawing: lineChart(lines, {
        title: 'Training and held-out loss by optimizer step, nats per target token',
        unit: 'optimizer step',
      }),
      caption: `Nats per target token: each training step, the mean of neighbouring steps${heldOut ? ', and the held-out loss before and after training, the only times it is measured' : ''}.${heldOut ? ` Held-out loss fell from ${heldOut.before.toFixed(3)} to ${heldOut.after.toFixed(3)} (${percentOf(heldOut.before - heldOut.after, heldOut.before)}).` : ''}`,
      table: pointsTable('optimizer step', ['training loss'], [points]),
    },
    ...(rates.length === 0
      ? []
      : [
          {
            name: 'learning-rate',
            drawing: lineChart([{ name: 'learning rate', points: rates }], {
              title: 'Learning rate by optimizer step',
              unit: 'optimizer step',
            }),
            caption: 'Learning rate.',
            table: pointsTable('optimizer step', ['learning rate'], [rates]),
          },
        ]),
  ];
}

/** Lines over the same x, in at most twelve rows. */
function pointsTable(x: string, names: readonly string[], lines: readonly (readonly Point[])[]): Table {
  const means = lines.map((points) => averaged(points, 12));
  return {
    columns: [x, ...names],
    rows: (means[0] ?? []).map((point, at) => [
      decimal(point.x),
      ...means.map((points) => decimal(points[at]?.y ?? 0)),
    ]),
  };
}
