import type { PlacedRow } from '../../workflows/contracts/duplicates.ts';
import type { EvaluateResult, GenerateResult, RequestYield } from '../../workflows/contracts/steps.ts';
import { collapseReason } from '../../workflows/contracts/yield-text.ts';
import { averaged, histogramChart, lineChart } from './charts.ts';
import { bytes, count, dollars, percentOf, withInterval } from './figures.ts';
import type { Histogram } from './histogram.ts';
import { type HtmlValue, html, type Markup } from './html.ts';
import type { ReleaseContents } from './release-contents.ts';

/** The report's sections, each a heading and what was measured; null where there is nothing to say. */

export function headline({ statistics, run }: ReleaseContents): Markup {
  const { generate, train, evaluate } = run ?? {};
  const cards: (readonly [string, string] | null)[] = [
    [count(statistics.rows), 'rows released'],
    [percentOf(statistics.withInput, statistics.rows), 'have an input'],
    generate ? [dollars(generate.costUsd), 'spent on the teacher'] : null,
    train
      ? [`${train.loss.before.toFixed(2)} → ${train.loss.after.toFixed(2)}`, 'held-out loss, nats a token']
      : null,
    evaluate ? [`${evaluate.pairwise.winRate.toFixed(1)}%`, 'win rate over the untrained base'] : null,
    evaluate?.exactMatch
      ? [`${(100 * evaluate.exactMatch.rate).toFixed(1)}%`, 'exact match where the truth is known']
      : null,
  ];
  return html`<ul class="cards">${cards.map((card) => card && html`<li><strong>${card[0]}</strong> <span>${card[1]}</span></li>`)}</ul>`;
}

export function runSection({ run, settings, dataSha256 }: ReleaseContents): Markup {
  const rows: [string, HtmlValue][] = [['digest of the rows', html`<code>${dataSha256}</code>`]];
  if (run)
    rows.push(['workflow', html`<code>${run.workflowId}</code>`], ['run', html`<code>${run.runId}</code>`]);
  if (settings) {
    rows.push(['run seed', settings.runSeed], ['language', settings.language]);
    rows.push([
      'teacher profile',
      settings.generate.from === null ? settings.generate.teacher : 'none: data brought in',
    ]);
  }
  if (run?.sample) {
    const { seedTasks, classificationTasks, tasksWithoutInput } = run.sample;
    rows.push([
      'seed tasks',
      `${count(seedTasks.rows)}, of which ${classificationTasks} classification and ${tasksWithoutInput} without input`,
    ]);
  }
  if (run?.dedupe) {
    const { rejected, exactDuplicates, normalizedDuplicates, data } = run.dedupe;
    rows.push([
      'dedupe',
      `${count(data.rows)} kept, ${count(rejected.rows)} rejected; ${count(exactDuplicates)} exact duplicates, ${count(normalizedDuplicates)} rejected that differ at most in case and punctuation`,
    ]);
  }
  if (run?.tokenize) {
    const { tokens, heldOutTokens, truncated, fullyMasked } = run.tokenize;
    rows.push([
      'tokenize',
      `${count(tokens.rows)} rows to train on, ${count(heldOutTokens.rows)} held out, ${count(truncated)} truncated, ${count(fullyMasked)} fully masked`,
    ]);
  }
  if (run?.train) {
    const { parameters, steps, model } = run.train;
    rows.push(['train', `${count(parameters)} parameters, ${count(steps)} optimizer steps`]);
    rows.push(['model', html`<code>${model.uri}</code>, ${bytes(model.bytes)}`]);
  }
  return section('The run', facts(rows));
}

export function yieldSection({ run, requests }: ReleaseContents): Markup | null {
  const generated = run?.generate;
  if (!generated || generated.stopReason === 'imported') return null;
  const { asked, parsed, malformed, filtered, similar, accepted } = generated.yield;
  const rows: [string, number][] = [
    ['asked for', asked],
    ['parsed', parsed],
    ['malformed or cut off', malformed],
    ...Object.entries(filtered)
      .sort(([, left], [, right]) => right - left)
      .map(([filter, rows]): [string, number] => [`dropped: ${filter}`, rows]),
    ['dropped: too similar', similar],
    ['accepted', accepted],
  ];
  const body = rows.map(
    ([what, number]) =>
      html`<tr><th scope="row">${what}</th><td class="number">${count(number)}</td><td class="number">${percentOf(number, asked)}</td><td>${meter(number, asked)}</td></tr>`,
  );
  return section(
    'Yield by filter',
    html`<table><caption>Instructions, as shares of those asked for</caption><thead><tr><th scope="col">what became of them</th><th scope="col" class="number">rows</th><th scope="col" class="number">share</th><th scope="col"><span class="soft">of those asked for</span></th></tr></thead><tbody>${body}</tbody></table>${yieldChart(requests)}`,
  );
}

/** How the yield went: what a request brought, and how much of that the run had already. */
function yieldChart(requests: ReleaseContents['requests']): Markup | null {
  if (requests.length < 2) return null;
  const rowsOf = (count: (line: RequestYield) => number) =>
    requests.map((line) => ({ x: line.request, y: count(line) }));
  const tenth = Math.ceil(requests.length / 10);
  const first = meanAccepted(requests.slice(0, tenth));
  const last = meanAccepted(requests.slice(-tenth));
  return html`<figure>${lineChart(
    [
      {
        name: 'accepted',
        points: averaged(
          rowsOf(({ accepted }) => accepted),
          60,
        ),
      },
      {
        name: 'too similar to an earlier row',
        points: averaged(
          rowsOf(({ similar }) => similar),
          60,
        ),
      },
    ],
    { title: 'Rows of each request: accepted, and too similar', unit: 'request' },
  )}<figcaption>Rows of each request, the mean of neighbours: accepted in the first colour, rejected as too similar in the second. Accepted: ${first} a request in the first tenth of the run, ${last} in the last.</figcaption></figure>`;
}

function meanAccepted(requests: ReleaseContents['requests']): string {
  return decimal(requests.reduce((sum, { accepted }) => sum + accepted, 0) / requests.length);
}

export function costSection({ run, statistics }: ReleaseContents): Markup | null {
  const generated = run?.generate;
  if (!generated || generated.stopReason === 'imported') return null;
  return section('Cost', facts(costRows(generated, statistics.rows)));
}

function costRows(generated: GenerateResult, rows: number): [string, HtmlValue][] {
  return [
    ['spent by this run', dollars(generated.costUsd)],
    ['per 1,000 released rows', rows === 0 ? '-' : dollars((1000 * generated.costUsd) / rows)],
    ['requests whose rows were considered', count(generated.requests)],
    [
      'prompts answered',
      `${count(generated.prompts)}: ${count(generated.sent)} sent, the rest from the response ledger`,
    ],
    [
      'tokens in prompts, in completions',
      `${count(generated.promptTokens)}, ${count(generated.completionTokens)}`,
    ],
    ['askings lost: sent, and no answer found', count(generated.lost)],
    ['refused by the teacher', count(generated.refused)],
    ['generation ended because', endOf(generated)],
  ];
}

function endOf({ stopReason, yield: counts }: GenerateResult): string {
  return stopReason === 'yield-collapsed' ? `the yield collapsed: ${collapseReason(counts)}` : stopReason;
}

export function lengthSection({ statistics, nearest }: ReleaseContents): Markup {
  const chart = (name: string, histogram: Histogram, unit = 'words') =>
    html`<figure>${histogramChart(histogram, { title: `${name}: rows by ${unit}`, unit })}<figcaption>${name}: mean ${decimal(histogram.mean)}, median ${decimal(histogram.median)}, most ${decimal(histogram.most)} ${unit}</figcaption></figure>`;
  return section(
    'Lengths and likeness',
    html`<div class="charts">
${chart('Instruction', statistics.instructionWords)}
${statistics.withInput > 0 ? chart('Input, where there is one', statistics.inputWords) : null}
${chart('Output', statistics.outputWords)}
${nearest && chart('Likeness to the nearest instruction before it', nearest, 'ROUGE-L')}
</div>`,
  );
}

export function lossSection({ losses, run }: ReleaseContents): Markup | null {
  if (losses.length === 0) return null;
  const points = losses.map(({ step, loss }) => ({ x: step, y: loss }));
  const smooth = averaged(points, Math.min(points.length, 40));
  const loss = run?.train?.loss;
  return section(
    'Training loss',
    html`<figure>${lineChart(
      [
        { name: 'loss of each step', points },
        { name: 'running mean', points: smooth },
      ],
      { title: 'Training loss by optimizer step, nats per target token', unit: 'optimizer step' },
    )}<figcaption>Nats per target token: each step in the first colour, the mean of neighbouring steps in the second.${loss ? ` Held-out loss fell from ${loss.before.toFixed(3)} to ${loss.after.toFixed(3)} (${percentOf(loss.before - loss.after, loss.before)}).` : null}</figcaption></figure>`,
  );
}

export function evaluationSection({ run }: ReleaseContents): Markup | null {
  const evaluate = run?.evaluate;
  return evaluate
    ? section('Evaluation', html`${facts(pairwiseRows(evaluate))}${heldOutTable(evaluate)}`)
    : null;
}

function pairwiseRows({ pairwise, exactMatch }: EvaluateResult): [string, HtmlValue][] {
  const {
    wins,
    losses,
    ties,
    disagreements,
    instructions,
    excluded,
    winRate,
    standardError,
    interval,
    judge,
  } = pairwise;
  const rows: [string, HtmlValue][] = [
    [
      'blind comparison, trained against untrained',
      `${wins} wins, ${losses} losses, ${ties} ties over ${instructions} instructions`,
    ],
    ['win rate', `${withInterval(winRate, interval)}, standard error ${standardError.toFixed(2)}`],
    ['judge', `${judge}; each pair in both orders, ${disagreements} disagreements counted as ties`],
    ['left out', `${excluded} instructions that resemble a training row`],
  ];
  if (exactMatch) {
    const [low, high] = exactMatch.interval;
    rows.push([
      'exact match on held-out rows of known families',
      `${exactMatch.right} of ${exactMatch.rows}: ${withInterval(100 * exactMatch.rate, [100 * low, 100 * high])}`,
    ]);
  }
  return rows;
}

function heldOutTable({ heldOut }: EvaluateResult): Markup | null {
  if (!heldOut) return null;
  const rows: [string, number | null][] = [
    ['trained', heldOut.lossA],
    ['untrained', heldOut.lossB],
    ['trained, prompts exchanged between rows', heldOut.lossPromptsExchanged],
    ['add-one bigram model of the same targets', heldOut.lossBigram],
  ];
  const body = rows.map(([what, loss]) =>
    loss === null
      ? null
      : html`<tr><th scope="row">${what}</th><td class="number">${loss.toFixed(3)}</td><td class="number">${perplexity(loss)}</td></tr>`,
  );
  return html`<table><caption>Held-out loss over ${count(heldOut.rows)} rows, ${count(heldOut.targets)} target tokens</caption><thead><tr><th scope="col">model</th><th scope="col" class="number">nats a token</th><th scope="col" class="number">perplexity</th></tr></thead><tbody>${body}</tbody></table>`;
}

export function rowsSection({ statistics }: ReleaseContents): Markup {
  const rows = statistics.examples.map(
    ({ row, example }) => html`<article class="row"><h3>row ${row}</h3><dl>
<dt>instruction</dt><dd>${example.instruction}</dd>
${example.input === '' ? null : html`<dt>input</dt><dd>${example.input}</dd>`}
<dt>output</dt><dd>${example.output}</dd></dl></article>`,
  );
  return section('Random rows', html`${rows}`);
}

/** The largest clusters of near duplicates, as text: whoever made the data set wants to see what came so often. */
export function duplicatesSection({ duplicates }: ReleaseContents): Markup | null {
  if (duplicates === null || duplicates.rejected === 0) return null;
  const { clusters, embedding, rejected } = duplicates;
  const byRouge = clustersShown(
    rejected - (embedding?.rejected ?? 0),
    clusters,
    'ROUGE-L',
    ({ score }) => score,
  );
  const byEmbedding =
    embedding === undefined
      ? null
      : clustersShown(
          embedding.rejected,
          embedding.clusters,
          `cosine of ${embedding.model}`,
          ({ cosine }) => cosine,
        );
  return section('Near duplicates', html`${byRouge}${byEmbedding}`);
}

function clustersShown<Row extends PlacedRow>(
  rows: number,
  { total, listed }: { total: number; listed: { kept: PlacedRow; size: number; rejected: Row[] }[] },
  measure: string,
  similarityOf: (row: Row) => number,
): Markup | null {
  if (total === 0) return null;
  const shown = listed.slice(0, CLUSTERS_SHOWN).map(
    ({ kept, size, rejected }) => html`<article class="row"><h3>${count(size)} like ${placeOf(kept)}</h3><dl>
<dt>kept</dt><dd>${kept.instruction}</dd>
${rejected.slice(0, ROWS_SHOWN).map((row) => html`<dt>rejected, ${placeOf(row)}, ${measure} ${similarityOf(row).toFixed(3)}</dt><dd>${row.instruction}</dd>`)}
</dl></article>`,
  );
  return html`<p class="soft">${count(rows)} rejected rows in ${count(total)} clusters around the row that was kept; the ${count(shown.length)} largest, and of each at most ${ROWS_SHOWN} rejected rows.</p>${shown}`;
}

const CLUSTERS_SHOWN = 10;
const ROWS_SHOWN = 5;

function placeOf({ from, row }: PlacedRow): string {
  return from === 'data' ? `row ${row}` : `row ${row} of what was compared against`;
}

function section(title: string, body: Markup): Markup {
  return html`<section><h2>${title}</h2>\n${body}</section>\n`;
}

function facts(rows: readonly (readonly [string, HtmlValue])[]): Markup {
  return html`<table><tbody>${rows.map(([what, value]) => html`<tr><th scope="row">${what}</th><td>${value}</td></tr>`)}</tbody></table>`;
}

function meter(part: number, whole: number): Markup {
  const width = whole === 0 ? 0 : Math.min(100, (100 * part) / whole);
  return html`<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${width.toFixed(2)}" height="6"/></svg>`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1);
}

function perplexity(loss: number): string {
  return Math.exp(loss).toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
