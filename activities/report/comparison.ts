import { usd } from '../../workflows/decisions/screen/money-text.ts';
import { count, percent, percentOf } from '../document/figures.ts';
import type { Histogram } from '../document/histogram.ts';
import { html, type Markup } from '../document/html.ts';
import { leavesOf } from '../document/run-settings.ts';
import { averaged, type Line, lineChart } from './charts/charts.ts';
import { diversityChart } from './charts/report-charts.ts';
import { reportPage } from './page.ts';
import { type ReportContents, titleOf } from './report-contents.ts';
import { decimal, figure, type ReportChart, section, wideTable } from './sections/elements.ts';
import { exactMatchText } from './sections/evaluation-tables.ts';

type TwoReports = readonly [ReportContents, ReportContents];

/** Two runs, two data sets, or one of each, side by side on one page. */
export function writeComparison(first: ReportContents, second: ReportContents): string {
  const pair = distinctlyNamed(first, second);
  const [{ name: left }, { name: right }] = pair;
  return reportPage(
    `${left} and ${right}`,
    {
      introduction: 'Two reports side by side: the same measures of both. Shares are of each one’s own rows.',
      summary: null,
    },
    [
      keyFigures(pair),
      settingsCompared(pair),
      lengthsCompared(pair),
      section('What is asked for', diversityCompared(pair)),
      sharesCompared(pair, 'Classes', 'class', ({ analysis }) =>
        analysis.classes.map(({ name, rows }) => [name, rows]),
      ),
      sharesCompared(pair, 'Rows that simple checks find fault with', 'fault', ({ analysis }) =>
        analysis.quality.counts.map(({ fault, rows }) => [fault, rows]),
      ),
      yieldCompared(pair),
      lossCompared(pair),
    ],
  );
}

/** Names that tell them apart: a run compared with its own later data may have the same name. */
function distinctlyNamed(first: ReportContents, second: ReportContents): TwoReports {
  const [left, right] = [titleOf(first), titleOf(second)];
  const [firstName, secondName] = left === right ? [`${left} (first)`, `${right} (second)`] : [left, right];
  return [
    { ...first, name: firstName },
    { ...second, name: secondName },
  ];
}

function keyFigures(pair: TwoReports): Markup {
  const figures: [string, (contents: ReportContents) => string | null][] = [
    ['rows', ({ statistics }) => count(statistics.rows)],
    ['with an input', ({ statistics }) => percentOf(statistics.withInput, statistics.rows)],
    ['words of an instruction, median', ({ statistics }) => decimal(statistics.instructionWords.median)],
    ['words of an output, median', ({ statistics }) => decimal(statistics.outputWords.median)],
    ['ROUGE-L to the nearest instruction, mean', ({ nearest }) => nearest?.mean.toFixed(3) ?? null],
    ['root verbs', ({ analysis }) => count(analysis.verbs.distinctVerbs)],
    ['pairs of verb and noun', ({ analysis }) => count(analysis.verbs.distinctPairs)],
    ['classification tasks', classificationShare],
    [
      'rows that a simple check finds fault with',
      ({ analysis, statistics }) => percentOf(analysis.quality.faulty, statistics.rows),
    ],
    ['spent on the teacher', ({ run }) => (run?.generate ? usd(run.generate.costUsd) : null)],
    ['spent per 1,000 rows', costPerThousand],
    ['accepted of the instructions asked for', acceptedShare],
    ['held-out loss after training, nats a token', ({ run }) => run?.train?.loss.after.toFixed(3) ?? null],
    [
      'exact match where the truth is known',
      ({ run }) => (run?.evaluate?.exactMatch ? exactMatchText(run.evaluate.exactMatch) : null),
    ],
    ['win rate over the base', ({ run }) => (run?.evaluate ? percent(run.evaluate.pairwise.winRate) : null)],
    ['digest of the rows', ({ dataSha256 }) => dataSha256.slice(0, 12)],
  ];
  const rows = figures
    .map(([what, read]) => [what, ...pair.map(read)] as const)
    .filter(([, ...values]) => values.some((value) => value !== null))
    .map(([what, ...values]) => [what, ...values.map((value) => value ?? 'not there')]);
  return section(
    'Key figures',
    wideTable('Key figures', { columns: ['measure', ...namesOf(pair)], rows }, null),
  );
}

/** Of two runs what was asked of them otherwise: the rest they have in common. */
function settingsCompared(pair: TwoReports): Markup | null {
  if (pair.some(({ settings }) => settings === null)) return null;
  const values = pair.map(
    ({ settings }) => new Map(leavesOf(settings).map(({ path, text }) => [path.join('.'), text])),
  );
  const paths = [...new Set(values.flatMap((of) => [...of.keys()]))];
  const rows = paths
    .map((path) => [path, ...values.map((of) => of.get(path) ?? 'not there')] as const)
    .filter(([, left, right]) => left !== right);
  const title = 'Settings that differ';
  return rows.length === 0
    ? section(title, html`<p>None: both were asked for the same.</p>`)
    : section(title, wideTable(title, { columns: ['setting', ...namesOf(pair)], rows }, null));
}

function classificationShare({ analysis, statistics: { rows } }: ReportContents): string {
  return percentOf(analysis.classificationTasks, rows);
}

function costPerThousand({ run, statistics }: ReportContents): string | null {
  if (!run?.generate || statistics.rows === 0) return null;
  return usd((1000 * run.generate.costUsd) / statistics.rows);
}

function acceptedShare({ run }: ReportContents): string | null {
  const generated = run?.generate;
  return generated && generated.yield.asked > 0
    ? percentOf(generated.yield.accepted, generated.yield.asked)
    : null;
}

function lengthsCompared(pair: TwoReports): Markup {
  const charts = [
    densities(pair, 'instruction-words', 'Instruction', 'words', (of) => of.statistics.instructionWords),
    densities(pair, 'input-words', 'Input, where there is one', 'words', (of) => of.statistics.inputWords),
    densities(pair, 'output-words', 'Output', 'words', (of) => of.statistics.outputWords),
    densities(
      pair,
      'nearest-neighbour',
      'Likeness to the nearest instruction',
      'ROUGE-L',
      (of) => of.nearest,
    ),
  ].filter((chart) => chart !== null);
  return section('Lengths and likeness', html`<div class="charts">${charts.map(figure)}</div>`);
}

/** Shares by unit of length, which do not depend on how broad each one's bars are. */
function densities(
  pair: TwoReports,
  name: string,
  what: string,
  unit: string,
  read: (contents: ReportContents) => Histogram | null,
): ReportChart | null {
  const histograms = pair.flatMap((contents) => {
    const histogram = read(contents);
    return histogram && histogram.most > 0 ? [{ name: contents.name, histogram }] : [];
  });
  if (histograms.length < 2) return null;
  const lines = histograms.map(({ name, histogram }) => ({ name, points: densityOf(histogram) }));
  return {
    name,
    drawing: lineChart(lines, { title: `${what}: share of the rows by ${unit}`, unit, isEqual: true }),
    caption: `${what}: percent of the rows by ${unit === 'words' ? 'word' : '0.05'}`,
    table: {
      columns: ['measure', ...namesOf(pair)],
      rows: [
        ['mean', ...histograms.map(({ histogram }) => histogram.mean)],
        ['median', ...histograms.map(({ histogram }) => histogram.median)],
        ['most', ...histograms.map(({ histogram }) => histogram.most)],
      ],
    },
  };
}

function densityOf({ bars, width, beyond }: Histogram): Line['points'] {
  const rows = bars.reduce((sum, bar) => sum + bar, beyond);
  const perUnit = width < 1 ? 1 : width;
  return bars.map((bar, index) => ({ x: (index + 0.5) * width, y: (100 * bar) / rows / perUnit }));
}

function diversityCompared(pair: TwoReports): Markup {
  const shown = pair.map((contents) => {
    const chart = diversityChart(contents);
    return html`<div><h3>${contents.name}</h3>${chart ? figure(chart) : 'No instruction with a verb and a noun.'}</div>`;
  });
  return html`<div class="pair">${shown}</div>`;
}

/** Counts of the same things in both, as shares of the rows, in the order of the larger share. */
function sharesCompared(
  pair: TwoReports,
  title: string,
  what: string,
  read: (contents: ReportContents) => readonly (readonly [string, number])[],
): Markup {
  const counts = pair.map((contents) => new Map(read(contents)));
  const names = [...new Set(counts.flatMap((count) => [...count.keys()]))];
  const shareOf = (name: string, at: number) =>
    (counts[at]?.get(name) ?? 0) / Math.max(1, pair[at]?.statistics.rows ?? 0);
  const largest = (name: string) => Math.max(...pair.map((_, at) => shareOf(name, at)));
  const rows = names
    .sort((a, b) => largest(b) - largest(a))
    .map((name) => [
      name,
      ...pair.map(
        (_, at) => `${count(counts[at]?.get(name) ?? 0)} (${(100 * shareOf(name, at)).toFixed(1)}%)`,
      ),
    ]);
  return section(title, wideTable(title, { columns: [what, ...namesOf(pair)], rows }, null));
}

function yieldCompared(pair: TwoReports): Markup | null {
  const yields = pair.map(({ run }) => run?.generate?.yield ?? null);
  if (yields.every((counts) => counts === null)) return null;
  const filters = [...new Set(yields.flatMap((counts) => Object.keys(counts?.filtered ?? {})))];
  const named: [string, (counts: NonNullable<(typeof yields)[number]>) => number][] = [
    ['asked for', ({ asked }) => asked],
    ['malformed or cut off', ({ malformed }) => malformed],
    ...filters.map((name): (typeof named)[number] => [
      `dropped: ${name}`,
      ({ filtered }) => filtered[name] ?? 0,
    ]),
    ['dropped: too similar', ({ similar }) => similar],
    ['accepted', ({ accepted }) => accepted],
  ];
  const rows = named.map(([what, read]) => [
    what,
    ...yields.map((counts) =>
      counts === null ? 'not there' : `${count(read(counts))} (${percentOf(read(counts), counts.asked)})`,
    ),
  ]);
  return section(
    'Yield by filter',
    wideTable('Yield by filter', { columns: ['instructions', ...namesOf(pair)], rows }, null),
  );
}

function lossCompared(pair: TwoReports): Markup | null {
  const lines = pair.flatMap(({ name, losses }) =>
    losses.length === 0
      ? []
      : [
          {
            name,
            points: averaged(
              losses.map(({ step, loss }) => ({ x: step, y: loss })),
              60,
            ),
          },
        ],
  );
  if (lines.length < 2) return null;
  const chart = lineChart(lines, {
    title: 'Training loss of both by optimizer step, nats per target token',
    unit: 'optimizer step',
    isEqual: true,
  });
  return section(
    'Training loss',
    html`<figure>${chart}<figcaption>Nats per target token, the mean of neighbouring steps.</figcaption></figure>`,
  );
}

function namesOf(pair: TwoReports): string[] {
  return pair.map(({ name }) => name);
}
