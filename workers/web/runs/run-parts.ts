import { count } from '../../../activities/document/figures.ts';
import { html, type Markup } from '../../../activities/document/html.ts';
import type { RefusedRow } from '../../../activities/generate/accept/newest.ts';
import { averaged, type Line, lineChart } from '../../../activities/report/charts/charts.ts';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import type { Progress } from '../../../workflows/contracts/progress.ts';
import { duration, estimateTexts } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { counted } from '../../../workflows/decisions/screen/counted.ts';
import { exactMatchText } from '../../../workflows/decisions/screen/exact-match-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { verdictsText, winRateText } from '../../../workflows/decisions/screen/win-rate-text.ts';
import type { RunFigures } from './run-figures.ts';

/** The parts of a run's page that its figures make; the script of the page puts newer ones in their place. */

/** Curves of loss, accepted rows and cost, each with its last figures in words and some of them as a table. */
export function curvesPart({ loss, heldOut, accepted, cost }: RunFigures): Markup | null {
  const drawn = [
    curve('Loss', 'nats a target token', 'optimizer step', [
      { name: 'training', points: loss },
      { name: 'held out', points: heldOut },
    ]),
    curve('Accepted', 'rows', 'request', [{ name: 'rows', points: accepted }]),
    cost.at(-1)?.y === 0 ? null : curve('Cost', 'dollars', 'request', [{ name: 'dollars', points: cost }]),
  ].filter((one) => one !== null);
  return drawn.length === 0 ? null : html`<h2>Curves</h2>\n<div class="curves">${drawn}</div>`;
}

/** @param across what the horizontal axis counts, in the singular */
function curve(name: string, unit: string, across: string, lines: readonly Line[]): Markup | null {
  const known = lines.filter(({ points }) => points.length > 0);
  if (known.length === 0) return null;
  const last = known.map((line) => `${line.name} ${lastText(line, across)}`).join(', ');
  const drawn = known.map((line) => ({ ...line, points: averaged(line.points, MOST_POINTS) }));
  return html`<figure>
<figcaption>${name}, ${unit}<span class="hint">${last}</span></figcaption>
${lineChart(drawn, { title: `${name}, ${unit}: ${last}`, unit: `${across}s`, isEqual: known.length === 1 })}
<details><summary>As a table</summary>
${known.map((line) => pointsTable(line, `${across}s`))}
</details>
</figure>
`;
}

function lastText({ points }: Line, across: string): string {
  const last = points.at(-1);
  return last === undefined ? '' : `${figure(last.y)} after ${counted(last.x, across)}`;
}

/** Of a line: it is sent again each time that it grows. */
const MOST_POINTS = 150;
/** Rows of a table beside a curve. */
const MOST_ROWS = 12;

function pointsTable({ name, points }: Line, across: string): Markup {
  const every = (points.length - 1) / Math.min(MOST_ROWS - 1, Math.max(1, points.length - 1));
  const places = new Set(Array.from({ length: MOST_ROWS }, (_, row) => Math.round(row * every)));
  const rows = points.filter((_, place) => places.has(place));
  return html`<table><thead><tr><th scope="col">${across}</th><th scope="col" class="number">${name}</th></tr></thead><tbody>
${rows.map(({ x, y }) => html`<tr><th scope="row">${count(x)}</th><td class="number">${figure(y)}</td></tr>`)}
</tbody></table>
`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** What generation was estimated to take, beside what it took so far. */
export function spentPart(progress: Progress, { tokens }: RunFigures, now: Date): Markup | null {
  const stage = progress.stages.find(({ name }) => name === 'generate');
  if (!stage?.startedAt || tokens.prompt + tokens.completion === 0) return null;
  const estimate = progress.forecast && estimateTexts(progress.forecast);
  const seconds =
    ((stage.endedAt ? Date.parse(stage.endedAt) : now.getTime()) - Date.parse(stage.startedAt)) / 1000;
  const rows = [
    ['dollars', estimate?.cost, usd(progress.costUsd)],
    ['prompt tokens', estimate?.promptTokens, count(tokens.prompt)],
    ['completion tokens', estimate?.completionTokens, count(tokens.completion)],
    ['time', estimate?.time, duration(seconds / 3600)],
  ] as const;
  const head = estimate && html`<th scope="col">estimated in all</th>`;
  return html`<h2>${estimate ? 'Estimated and used' : 'What generation took'}</h2>
<table class="facts"><thead><tr><td></td>${head}<th scope="col">used</th></tr></thead><tbody>
${rows.map(([name, expected, used]) => html`<tr><th scope="row">${name}</th>${estimate && html`<td>${expected ?? ''}</td>`}<td>${used}</td></tr>`)}
</tbody></table>`;
}

/** The newest rows, the last first, and why the last others were not accepted. */
export function rowsPart({ newest: { accepted, refused } }: RunFigures): Markup | null {
  if (accepted.length + refused.length === 0) return null;
  const column = (title: string, rows: readonly (RecipeRow & Partial<RefusedRow>)[]) =>
    html`<section><h3>${title}</h3>${rows.length === 0 ? html`<p class="hint">None yet.</p>` : rows.map(oneRow)}</section>`;
  return html`<h2>Newest rows</h2>
<div class="answers">${column('Accepted', accepted)}${column('Not accepted', refused)}</div>`;
}

function oneRow({ instruction, input, output, why }: RecipeRow & Partial<RefusedRow>): Markup {
  return html`<article class="answer">
<p class="text"><b>${instruction}</b></p>
${input === '' ? null : html`<p class="text hint">${input}</p>`}
${output === '' ? null : html`<p class="text">${output}</p>`}
${why === undefined ? null : html`<p class="why">${why}</p>`}
</article>
`;
}

/** Of a completed run: how good the model is, by what is right first, and what it learnt from. */
export function outcomePart(
  { evaluate, train }: Pick<AlpacaResult, 'evaluate'> & { train: Pick<AlpacaResult['train'], 'loss'> },
  rows: readonly RecipeRow[],
): Markup {
  const { exactMatch, heldOutAnswers, pairwise } = evaluate;
  const facts = [
    ...(exactMatch === null ? [] : [['exact match', exactMatchText(exactMatch, 'held-out rows')]]),
    [
      'held-out loss',
      `${train.loss.before.toFixed(3)} before, ${train.loss.after.toFixed(3)} after, nats a target token`,
    ],
    [
      'win rate',
      `${winRateText(pairwise)} against ${baseText(evaluate)}: ${verdictsText(pairwise)}, judge ${pairwise.judge}`,
    ],
  ] as const;
  return html`<h2>What came out</h2>
<table class="facts"><tbody>
${facts.map(([name, text]) => html`<tr><th scope="row">${name ?? ''}</th><td>${text ?? ''}</td></tr>`)}
</tbody></table>
<div class="answers">
${heldOutAnswers.length === 0 ? null : html`<section><h3>Held-out rows, wanted and got</h3>${heldOutAnswers.slice(0, 3).map(heldOutRow)}</section>`}
${rows.length === 0 ? null : html`<section><h3>Rows of the data</h3>${rows.map(oneRow)}</section>`}
</div>`;
}

function heldOutRow(row: AlpacaResult['evaluate']['heldOutAnswers'][number]): Markup {
  return html`<article class="answer">
<p class="text"><b>${row.instruction}</b></p>
${row.input === '' ? null : html`<p class="text hint">${row.input}</p>`}
<p class="text"><span class="hint">wanted</span> ${row.wanted}</p>
<p class="text"><span class="hint">got</span> ${row.got}</p>
</article>
`;
}
